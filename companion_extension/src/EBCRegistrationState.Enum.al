/// The two values of State in table 9012, as they are written in JSON. An enum, because a text would have to be checked
/// by hand, and because the names of its values are the same in every language.
enum 88450 "EBC Registration State"
{
    Extensible = false;

    value(0; Enabled)
    {
        Caption = 'Enabled';
    }
    value(1; Disabled)
    {
        Caption = 'Disabled';
    }
}

/// The rows of table 9012 "AAD Application", caption Microsoft Entra Application, one per environment and client id.
///
/// State is a variable of the page, not a field of the record: the table's State has to be validated after the row is
/// inserted, because its trigger modifies the row. Here both happen in one request, and so in one transaction.
/// That an error in it also takes back the user which the platform has created by then is not verified.
page 88450 "EBC Entra Applications API"
{
    PageType = API;
    APIPublisher = 'entraBusinessCentral';
    APIGroup = 'registration';
    APIVersion = 'v1.0';
    EntityName = 'entraApplication';
    EntitySetName = 'entraApplications';
    EntityCaption = 'Entra Application';
    EntitySetCaption = 'Entra Applications';
    SourceTable = "AAD Application";
    ODataKeyFields = "Client Id";
    DelayedInsert = true;
    Extensible = false;
    // A caller that asks whether a row is gone must not be answered by a replica that lags behind.
    DataAccessIntent = ReadWrite;

    layout
    {
        area(Content)
        {
            repeater(Applications)
            {
                field(id; Rec.SystemId)
                {
                    Caption = 'Id';
                    Editable = false;
                }
                field(clientId; Rec."Client Id")
                {
                    Caption = 'Client Id';
                }
                field(description; Rec.Description)
                {
                    Caption = 'Description';
                }
                field(contactInformation; Rec."Contact Information")
                {
                    Caption = 'Contact Information';
                }
                field(permissionGranted; Rec."Permission Granted")
                {
                    Caption = 'Permission Granted';
                }
                field(state; ApplicationState)
                {
                    Caption = 'State';

                    trigger OnValidate()
                    begin
                        StateIsRequested := true;
                    end;
                }
                field(userId; Rec."User ID")
                {
                    Caption = 'User Id';
                    Editable = false;
                }
                field(userName; UserName)
                {
                    Caption = 'User Name';
                    Editable = false;
                }
                field(userState; UserState)
                {
                    Caption = 'User State';
                    Editable = false;
                }
                field(lastModifiedDateTime; Rec.SystemModifiedAt)
                {
                    Caption = 'Last Modified Date Time';
                    Editable = false;
                }
            }
        }
    }

    trigger OnAfterGetRecord()
    begin
        ShowStateAndUser();
    end;

    trigger OnInsertRecord(BelowxRec: Boolean): Boolean
    begin
        Rec.Insert(true);
        if StateIsRequested then begin
            ValidateState();
            Rec.Modify(true);
        end;
        ShowStateAndUser();
        exit(false);
    end;

    trigger OnModifyRecord(): Boolean
    begin
        if StateIsRequested then
            ValidateState();
        Rec.Modify(true);
        ShowStateAndUser();
        exit(false);
    end;

    /// Last of all fields: the first enabling names the user after the description.
    local procedure ValidateState()
    begin
        case ApplicationState of
            ApplicationState::Enabled:
                Rec.Validate(State, Rec.State::Enabled);
            ApplicationState::Disabled:
                Rec.Validate(State, Rec.State::Disabled);
        end;
        StateIsRequested := false;
    end;

    local procedure ShowStateAndUser()
    var
        User: Record User;
    begin
        if Rec.State = Rec.State::Enabled then
            ApplicationState := ApplicationState::Enabled
        else
            ApplicationState := ApplicationState::Disabled;

        UserName := '';
        UserState := '';
        if not User.Get(Rec."User ID") then
            exit;
        UserName := User."User Name";
        // Not Format(User.State), which would be in the language of the caller.
        case User.State of
            User.State::Enabled:
                UserState := EnabledTok;
            User.State::Disabled:
                UserState := DisabledTok;
        end;
    end;

    var
        ApplicationState: Enum "EBC Registration State";
        StateIsRequested: Boolean;
        UserName: Text;
        UserState: Text;
        EnabledTok: Label 'Enabled', Locked = true;
        DisabledTok: Label 'Disabled', Locked = true;
}

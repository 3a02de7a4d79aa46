/// The permission sets of all users with licence type Application, read-only: a caller that compares many registrations
/// asks once, not once for each user. The id is the one that the standard userPermissions takes for DELETE.
page 88451 "EBC Appl. Permission Sets API"
{
    PageType = API;
    APIPublisher = 'entraBusinessCentral';
    APIGroup = 'registration';
    APIVersion = 'v1.0';
    EntityName = 'applicationPermissionSet';
    EntitySetName = 'applicationPermissionSets';
    EntityCaption = 'Application Permission Set';
    EntitySetCaption = 'Application Permission Sets';
    SourceTable = "Access Control";
    ODataKeyFields = SystemId;
    Extensible = false;
    Editable = false;
    InsertAllowed = false;
    ModifyAllowed = false;
    DeleteAllowed = false;
    DataAccessIntent = ReadWrite;

    layout
    {
        area(Content)
        {
            repeater(PermissionSets)
            {
                field(id; Rec.SystemId)
                {
                    Caption = 'Id';
                    Editable = false;
                }
                field(userSecurityId; Rec."User Security ID")
                {
                    Caption = 'User Security Id';
                    Editable = false;
                }
                field(clientId; ClientId)
                {
                    Caption = 'Client Id';
                    Editable = false;
                }
                field(roleId; Rec."Role ID")
                {
                    Caption = 'Role Id';
                    Editable = false;
                }
                field(company; Rec."Company Name")
                {
                    Caption = 'Company';
                    Editable = false;
                }
                field(scope; Rec.Scope)
                {
                    Caption = 'Scope';
                    Editable = false;
                }
                field(appId; Rec."App ID")
                {
                    Caption = 'App Id';
                    Editable = false;
                }
            }
        }
    }

    trigger OnOpenPage()
    begin
        Rec.FilterGroup(2); // out of reach of the caller's own $filter
        Rec.SetFilter("User Security ID", ApplicationUsers());
        Rec.FilterGroup(0);
    end;

    trigger OnAfterGetRecord()
    var
        User: Record User;
    begin
        Clear(ClientId);
        if User.Get(Rec."User Security ID") then
            ClientId := User."Application ID";
    end;

    /// Returns a filter. Access Control does not have the licence type, so it names the users one by one; where there
    /// are none, it names the empty id, which no user has: an empty filter would let everybody through.
    local procedure ApplicationUsers() UserFilter: Text
    var
        User: Record User;
        NoUser: Guid;
        Ids: TextBuilder;
    begin
        Ids.Append(Format(NoUser));
        User.SetLoadFields("User Security ID");
        User.SetRange("License Type", User."License Type"::Application);
        if User.FindSet() then
            repeat
                Ids.Append('|' + Format(User."User Security ID"));
            until User.Next() = 0;
        UserFilter := Ids.ToText();
    end;

    var
        ClientId: Guid;
}

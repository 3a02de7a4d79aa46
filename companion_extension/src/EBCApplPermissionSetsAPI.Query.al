/// The permission sets of all users with licence type Application: a caller that compares many registrations asks once,
/// not once for each user. The id is the one that the standard userPermissions takes for DELETE.
///
/// A query, because it cannot write, and because $filter works on its columns: on an API page the client id would be a
/// variable, since table "Access Control" does not have it.
query 88451 "EBC Appl. Permission Sets API"
{
    QueryType = API;
    APIPublisher = 'entraBusinessCentral';
    APIGroup = 'registration';
    APIVersion = 'v1.0';
    EntityName = 'applicationPermissionSet';
    EntitySetName = 'applicationPermissionSets';
    EntityCaption = 'Application Permission Set';
    EntitySetCaption = 'Application Permission Sets';
    // A caller that has just assigned a permission set must not be answered by a replica that lags behind.
    DataAccessIntent = ReadWrite;
    OrderBy = ascending(userSecurityId, roleId, company);

    elements
    {
        dataitem(User; User)
        {
            DataItemTableFilter = "License Type" = const(Application);

            column(clientId; "Application ID")
            {
                Caption = 'Client Id';
            }
            dataitem(AccessControl; "Access Control")
            {
                DataItemLink = "User Security ID" = User."User Security ID";
                SqlJoinType = InnerJoin;

                column(id; SystemId)
                {
                    Caption = 'Id';
                }
                column(userSecurityId; "User Security ID")
                {
                    Caption = 'User Security Id';
                }
                column(roleId; "Role ID")
                {
                    Caption = 'Role Id';
                }
                column(company; "Company Name")
                {
                    Caption = 'Company';
                }
                column(scope; Scope)
                {
                    Caption = 'Scope';
                }
                column(appId; "App ID")
                {
                    Caption = 'App Id';
                }
            }
        }
    }
}

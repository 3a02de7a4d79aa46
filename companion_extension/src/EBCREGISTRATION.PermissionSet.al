/// What a caller of the page, of the query and of the Automation API needs, but for the right to manage users: that is SECURITY
/// or SUPER, which an extension cannot include and an administrator gives beside this set.
permissionset 88450 "EBC REGISTRATION"
{
    Assignable = true;
    Caption = 'Register Entra applications';
    IncludedPermissionSets = "D365 AUTOMATION";
    Permissions =
        page "EBC Entra Applications API" = X,
        query "EBC Appl. Permission Sets API" = X,
        tabledata "AAD Application" = RIMD,
        tabledata User = RMD,
        tabledata "Access Control" = R;
}

@{
    RootModule             = 'PasswordWriteback.psm1'
    ModuleVersion          = '0.1.0'
    GUID                   = '6f0d5c1e-3a52-4c39-9d1b-8f2e7c40b5aa'
    Author                 = 'The PasswordWriteback authors'
    CompanyName            = 'The PasswordWriteback authors'
    Copyright              = '(c) The PasswordWriteback authors. MIT licence.'
    Description            = 'Tells why password writeback from Microsoft Entra ID to Active Directory does not work, with evidence, and what to change. Read-only.'
    PowerShellVersion      = '5.1'
    DotNetFrameworkVersion = '4.7.2'
    CompatiblePSEditions   = @('Desktop', 'Core')
    FunctionsToExport      = @(
        'Test-PasswordWriteback'
        'Test-PasswordWritebackConnectivity'
        'Test-PasswordWritebackDirectory'
        'Test-PasswordWritebackPermission'
        'Test-PasswordWritebackUser'
        'Get-PasswordWritebackReport'
        'Get-PasswordWritebackCheck'
        'Export-PasswordWritebackEvidence'
        'Import-PasswordWritebackEvidence'
    )
    CmdletsToExport        = @()
    VariablesToExport      = @()
    AliasesToExport        = @()
    PrivateData            = @{
        Abi    = @{ Major = 1; Minor = 0 }
        PSData = @{
            Tags = @('EntraID', 'ActiveDirectory', 'PasswordWriteback', 'SSPR', 'EntraConnect', 'Windows', 'Linux', 'PSEdition_Desktop', 'PSEdition_Core')
        }
    }
}

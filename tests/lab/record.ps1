# Records one run on the sync server of the lab into a bundle.
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Path,
    # Separated by commas.
    [string] $Identity
)
$ErrorActionPreference = 'Stop'
Import-Module $Module
$password = ConvertTo-SecureString $env:PWB_LAB_PASSWORD -AsPlainText -Force
$splat = @{
    SyncServer       = $true
    Domain           = $env:PWB_LAB_DOMAIN
    ConnectorAccount = $env:PWB_LAB_CONNECTOR
    Credential       = New-Object pscredential $env:PWB_LAB_USER, $password
    KnowledgePath    = $env:PWB_LAB_KNOWLEDGE
}
if ($Identity) { $splat.Identity = $Identity -split ',' }
Export-PasswordWritebackEvidence -Path $Path -NoRedact @splat

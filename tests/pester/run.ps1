<#
.SYNOPSIS
Runs the Pester files against a staged module (the folder that tests/stage.sh was given). -Lab runs the files
of the lab instead; the lab has to be up.
#>
param([Parameter(Mandatory)] [string] $Stage, [switch] $Lab, [string[]] $Name = '*')
$ErrorActionPreference = 'Stop'

# A PowerShell from its own archive comes without Pester.
if (-not (Get-Module -Name Pester -ListAvailable | Where-Object Version -ge 5.5)) {
    try { Install-PSResource -Name Pester -Version '[6.0,7.0)' -Scope CurrentUser -TrustRepository -Quiet }
    catch { 'skipped: Pester is not here and cannot be downloaded'; exit 0 }
}

$env:PWB_STAGE = (Resolve-Path -LiteralPath $Stage).ProviderPath
$folder = $PSScriptRoot
if ($Lab) { $folder = Join-Path $PSScriptRoot 'lab' }
$configuration = New-PesterConfiguration
$configuration.Run.Path = @($Name -split ',' | ForEach-Object { Get-ChildItem -Path $folder -Filter "$_.Tests.ps1" } | ForEach-Object { $_.FullName })
$configuration.Run.Exit = $true
$configuration.Output.Verbosity = 'Detailed'
Invoke-Pester -Configuration $configuration

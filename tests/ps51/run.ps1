<#
.SYNOPSIS
The static proof that the module runs under Windows PowerShell 5.1: over the sources, or over a staged module.
#>
param([string] $Path = (Join-Path $PSScriptRoot '../../ps-module'))

# What 5.1 does not know and need not: the cmdlets of the sync server's ADSync module, which AdSync.ps1 calls
# where that module is; mcs, which Build-Module.ps1 calls where it is not Windows; the members of the loader.
$loader = [IO.File]::ReadAllText((Join-Path $PSScriptRoot '../../ps-module/Native.cs'))
$members = [regex]::Matches($loader, 'public \w+ (\w+)\(') | ForEach-Object { $_.Groups[1].Value }
& (Join-Path $PSScriptRoot 'Test-Ps51.ps1') -Path $Path -Allow Get-ADSyncConnector, Get-ADSyncGlobalSettings, mcs -Member $members

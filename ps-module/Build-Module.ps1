# Stages the module as it would go to a gallery: <Destination>/PasswordWriteback/<version>/.
#
# Library: folders of native libraries by runtime identifier, e.g. @{ 'linux-x64' = 'target/release/lib....so' }.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Destination,
    [Parameter(Mandatory)] [hashtable] $Library
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$manifest = Import-PowerShellDataFile (Join-Path $PSScriptRoot 'PasswordWriteback.psd1')
$folder = Join-Path (Join-Path $Destination 'PasswordWriteback') $manifest.ModuleVersion
if (Test-Path -LiteralPath $folder) { Remove-Item -LiteralPath $folder -Recurse -Force }
$null = New-Item -ItemType Directory -Path $folder

foreach ($name in 'PasswordWriteback.psd1', 'PasswordWriteback.psm1', 'Native.psm1', 'Diagnostic.psm1', 'View.psm1',
    'PasswordWriteback.Format.ps1xml', 'PasswordWriteback.Types.ps1xml') {
    Copy-Item -LiteralPath (Join-Path $PSScriptRoot $name) -Destination $folder
}

# One assembly for both editions: C# 5, mscorlib only. On Windows the framework's own compiler is on every
# machine; elsewhere mcs compiles against mono's 4.5 profile, which has the same identities.
$source = Join-Path $PSScriptRoot 'Native.cs'
$assembly = Join-Path $folder 'Native.dll'
if ([Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT) {
    $compiler = Join-Path $env:windir 'Microsoft.NET\Framework64\v4.0.30319\csc.exe'
    & $compiler /nologo /target:library "/out:$assembly" $source
}
else {
    & mcs -langversion:5 -target:library -nostdlib -r:/usr/lib/mono/4.5/mscorlib.dll "-out:$assembly" $source
}
if ($LASTEXITCODE -ne 0) { throw "The loader does not compile: exit code $LASTEXITCODE." }

foreach ($rid in $Library.Keys) {
    $bin = Join-Path (Join-Path $folder 'bin') $rid
    $null = New-Item -ItemType Directory -Path $bin
    Copy-Item -LiteralPath $Library[$rid] -Destination $bin
}

& (Join-Path $PSScriptRoot 'Build-Help.ps1') -Source (Join-Path $PSScriptRoot 'docs') -Destination (Join-Path $folder 'en-US')
$folder

<#
.SYNOPSIS
Stages the module as it would go to a gallery: <Destination>/PasswordWriteback/<version>/.
.EXAMPLE
./Build-Module.ps1 -Destination out -Library @{ 'linux-x64' = 'target/release/libpassword_writeback.so' }
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Destination,
    # Native libraries by runtime identifier: win-x64, win-arm64, linux-x64, linux-arm64, osx-arm64.
    [Parameter(Mandatory)] [hashtable] $Library
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$onWindows = [Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT
$files = @(
    'PasswordWriteback.psd1', 'PasswordWriteback.psm1', 'PasswordWriteback.Format.ps1xml', 'PasswordWriteback.Types.ps1xml',
    'Diagnostic.psm1', 'Request.psm1', 'Error.psm1', 'Text.psm1', 'Native.psm1', 'Collector.psm1', 'View.psm1', 'AdSync.ps1'
)
$manifest = Import-PowerShellDataFile -LiteralPath (Join-Path $PSScriptRoot 'PasswordWriteback.psd1')

# The module and the library are one thing with one version.
$cargo = [IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, '..', 'Cargo.toml'))
if ($cargo -notmatch '(?m)^version = "([^"]+)"' -or $Matches[1] -ne $manifest.ModuleVersion) {
    throw "Cargo.toml and PasswordWriteback.psd1 name different versions ('$($manifest.ModuleVersion)' in the manifest)."
}

$folder = [IO.Path]::Combine($Destination, 'PasswordWriteback', $manifest.ModuleVersion)
if (Test-Path -LiteralPath $folder) { Remove-Item -LiteralPath $folder -Recurse -Force }
$null = New-Item -ItemType Directory -Path $folder -Force
$folder = (Get-Item -LiteralPath $folder).FullName
foreach ($name in $files) { Copy-Item -LiteralPath (Join-Path $PSScriptRoot $name) -Destination $folder }
$license = [IO.Path]::Combine($PSScriptRoot, '..', 'LICENSE')
if (Test-Path -LiteralPath $license) { Copy-Item -LiteralPath $license -Destination $folder }

# One assembly for both editions. On Windows the framework's own compiler is on every machine; elsewhere mcs
# compiles against mono's 4.5 profile, whose assemblies have the identities of .NET Framework 4.x.
$source = Join-Path $PSScriptRoot 'Native.cs'
$assembly = Join-Path $folder 'Native.dll'
if ($onWindows) {
    & ([IO.Path]::Combine($env:windir, 'Microsoft.NET', 'Framework64', 'v4.0.30319', 'csc.exe')) /nologo /langversion:5 /target:library "/out:$assembly" $source
}
else {
    if (-not (Get-Command -Name mcs -CommandType Application -ErrorAction Ignore)) {
        throw 'The C# compiler mcs is missing: apt-get install mono-mcs mono-runtime libmono-cil-dev'
    }
    & mcs -langversion:5 -target:library -nostdlib -r:/usr/lib/mono/4.5/mscorlib.dll "-out:$assembly" $source
}
if ($LASTEXITCODE -ne 0) { throw "The loader does not compile: exit code $LASTEXITCODE." }

foreach ($rid in $Library.Keys) {
    $bin = [IO.Path]::Combine($folder, 'bin', $rid)
    $null = New-Item -ItemType Directory -Path $bin -Force
    Copy-Item -LiteralPath $Library[$rid] -Destination $bin
}

& (Join-Path $PSScriptRoot 'Build-Help.ps1') -Module $folder -Source (Join-Path $PSScriptRoot 'docs')
$folder

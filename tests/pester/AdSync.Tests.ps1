# The projection of the ADSync module's objects, with a module of that name that answers as the real one is
# documented to. What it cannot show: the real module, which exists on Entra Connect servers only.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    $manifest = Get-StagedManifest
    Import-Module $manifest -Force
    $script = Join-Path (Split-Path $manifest) 'AdSync.ps1'
    $path = $env:PSModulePath

    # A module whose Get-ADSyncConnector and Get-ADSyncGlobalSettings have these bodies.
    function Use-AdSync {
        param([string] $Connector, [string] $Setting = 'throw "no settings"')
        $folder = Join-Path $TestDrive "$([guid]::NewGuid())/ADSync"
        $null = New-Item -ItemType Directory -Path $folder
        Set-Content (Join-Path $folder 'ADSync.psm1') "function Get-ADSyncConnector { $Connector }`nfunction Get-ADSyncGlobalSettings { $Setting }"
        $env:PSModulePath = (Split-Path $folder) + [IO.Path]::PathSeparator + $path
    }
    $real = @'
    [pscustomobject]@{
        Name = 'corp.example.test'; Identifier = [guid]'11111111-2222-3333-4444-555555555555'; ConnectorTypeName = 'AD'
        ConnectivityParameters = @{
            'forest-name' = @{ Value = 'corp.example.test' }; 'forest-login-domain' = @{ Value = 'CORP' }; 'forest-login-user' = @{ Value = 'MSOL_lab' }
            'sign-and-seal' = @{ Value = '1' }; 'ssl-bind' = @{ Value = '0' }; 'password' = @{ Value = 'canary' }
        }
        Partitions = @([pscustomobject]@{
            DN = 'DC=corp,DC=example,DC=test'; IsDomain = $true; Selected = $true; PreferredDCs = [Collections.Generic.List[string]]@('dc1.corp.example.test')
            Parameters = @{ 'dc-failover' = @{ Value = '0' }; 'last-dc' = @{ Value = 'dc1.corp.example.test' } }
        })
    }
    [pscustomobject]@{
        Name = 'corp.onmicrosoft.com - AAD'; Identifier = [guid]'b891884f-051e-4a83-95af-2544101c9083'; ConnectorTypeName = 'Extensible2'
        ConnectivityParameters = @{ UserName = @{ Value = 'sync@corp' }; Password = @{ Value = 'canary' } }; Partitions = @([pscustomobject]@{ DN = 'default' })
    }
'@
    $version = "[pscustomobject]@{ Parameters = @{ 'Microsoft.Synchronize.ServerConfigurationVersion' = @{ Value = '2.5.79.0' } } }"
}
AfterAll { $env:PSModulePath = $path }

Describe 'The record of the sync server' {
    AfterEach { Remove-Module ADSync -ErrorAction Ignore; $env:PSModulePath = $path }

    It 'holds connectors and partitions, and never a password' {
        Use-AdSync $real $version
        $json = & $script
        $json | Should -BeOfType [string]
        $json | Should -Not -Match 'canary'
        $record = $json | ConvertFrom-Json
        $record.kind, $record.state, $record.vantage | Should -Be 'adsync-config', 'ok', 'syncServer'
        $record.data.version | Should -Be '2.5.79.0'
        $ad, $entra = $record.data.connectors
        $ad.kind, $ad.forest, $ad.loginDomain, $ad.loginUser | Should -Be 'AD', 'corp.example.test', 'CORP', 'MSOL_lab'
        $ad.signAndSeal, $ad.sslBind | Should -Be $true, $false
        @($ad.partitions).Count | Should -Be 1
        $ad.partitions[0].preferredDcs | Should -Be 'dc1.corp.example.test'
        $ad.partitions[0].preferredDcs.GetType().IsArray | Should -BeTrue
        $ad.partitions[0].onlyPreferred | Should -BeTrue
        $ad.partitions[0].signAndSeal | Should -BeNullOrEmpty
        $entra.kind | Should -Be 'Entra'
        @($entra.partitions).Count | Should -Be 0
    }
    It 'is accepted by the library, which judges the preferred controllers by it' {
        Use-AdSync $real $version
        $record = & $script | ConvertFrom-Json
        @(Test-PasswordWritebackDirectory -Evidence $record -Check PW411).Count | Should -BeGreaterThan 0
    }
    It 'keeps the connectors when the version cannot be read' {
        Use-AdSync $real
        $record = & $script | ConvertFrom-Json
        $record.state | Should -Be 'ok'
        $record.data.version | Should -BeNullOrEmpty
        @($record.data.connectors).Count | Should -Be 2
    }
    It 'says why nothing could be read: <State>' -ForEach @(
        @{ Body = 'throw "the service does not run"'; State = 'notReadable'; Says = '*does not run*' }
        @{ Body = 'throw (New-Object UnauthorizedAccessException "not a member of ADSyncAdmins")'; State = 'accessDenied'; Says = '*ADSyncAdmins*' }
    ) {
        Use-AdSync $Body
        $record = & $script | ConvertFrom-Json
        $record.state | Should -Be $State
        $record.error.text | Should -BeLike $Says
    }
}

Describe 'A run on the sync server' {
    BeforeAll {
        # A directory run in a process in which the configuration is read by this script.
        function Invoke-OnSyncServer {
            param([string] $Collector, [string] $Run)
            Invoke-Fresh @"
`$null = Test-PasswordWritebackDirectory -Domain corp.invalid -PlanOnly
& (Get-Module -Name Diagnostic -All) {
    function script:Test-AdSyncService { `$true }
    function script:New-AdSyncCollector { @{ Kind = 'adsync-config'; Shell = [powershell]::Create().AddScript(`$collector) } }
    `$script:collector = { $Collector }
}
`$limit = @{ Domain = 'corp.invalid'; TimeoutSecond = 1; GlobalTimeoutSecond = 3 }
$Run
"@
        }
        $record = '{"kind":"adsync-config","target":{"kind":"server","key":"server:x","display":"x","within":[]},"collectedAtUnixMs":1,"collector":"adsync","vantage":"syncServer","runAs":"x","state":"ok","durationMs":1,"data":{"version":null,"connectors":[]}}'
    }

    It 'begins while the configuration is read, and takes it when it is there' {
        $said = Invoke-OnSyncServer "Start-Sleep -Seconds 1; '$record'" @'
$watch = [Diagnostics.Stopwatch]::StartNew()
$seen = Test-PasswordWritebackDirectory @limit -PassThruEvidence | Where-Object collectedAtUnixMs | ForEach-Object { $_.kind + ' ' + $_.state; $watch.ElapsedMilliseconds }
$seen[1] -lt 900
$seen -eq 'adsync-config ok'
'@
        $said | Should -Be 'True', 'adsync-config ok'
    }
    It 'ends at its limit, with its findings, when reading takes longer' {
        $said = Invoke-OnSyncServer 'Start-Sleep -Seconds 60' @'
$watch = [Diagnostics.Stopwatch]::StartNew()
$all = Test-PasswordWritebackDirectory @limit -Verbose 4>&1
$watch.Elapsed.TotalSeconds -lt 8
@($all | Where-Object { $_.PSObject.TypeNames -contains 'PasswordWriteback.Finding' }).Count -gt 0
@($all | Where-Object { $_ -is [Management.Automation.VerboseRecord] -and $_.Message -match 'ended before adsync-config was read' }).Count
'@
        $said | Should -Be 'True', 'True', '1'
    }
    It 'has its findings when nothing can be read, and says why' {
        $said = Invoke-OnSyncServer 'throw "no such session"' @'
$all = Test-PasswordWritebackDirectory @limit -Verbose 4>&1
@($all | Where-Object { $_.PSObject.TypeNames -contains 'PasswordWriteback.Finding' }).Count -gt 0
@($all | Where-Object { $_ -is [Management.Automation.VerboseRecord] -and $_.Message -match 'adsync-config.* no such session' }).Count
'@
        $said | Should -Be 'True', '1'
    }
    It 'writes evidence with the configuration in it' {
        $file = Join-Path $TestDrive 'sync.zip'
        $said = Invoke-OnSyncServer "'$record'" "(Export-PasswordWritebackEvidence -Path '$file' -NoRedact @limit).manifest.entries.name"
        $said | Should -Contain 'records/adsync-config.ndjson'
    }
    It 'ends the reading with its consumer' {
        $mark = Join-Path $TestDrive 'stopped'
        $said = Invoke-OnSyncServer "try { Start-Sleep -Seconds 60 } finally { Set-Content -LiteralPath '$mark' -Value stopped }" @"
try { Test-PasswordWritebackDirectory @limit -PassThruEvidence | ForEach-Object { throw 'mine' } } catch { `$_.Exception.Message }
Get-Content -LiteralPath '$mark'
"@
        $said | Should -Be 'mine', 'stopped'
    }
    It 'has its findings when an offer comes after its end' {
        $said = Invoke-OnSyncServer "''" @'
& (Get-Module -Name Native -All) { function script:Start-Collector { @{ Kind = 'adsync-config'; Handle = @{ IsCompleted = $true } } }
    function script:Receive-Collector { Start-Sleep -Seconds 4; '{"end":["adsync-config"]}' }
    function script:Stop-Collector { } }
$all = Test-PasswordWritebackDirectory @limit -Verbose 4>&1
@($all | Where-Object { $_.PSObject.TypeNames -contains 'PasswordWriteback.Finding' }).Count -gt 0
@($all | Where-Object { $_ -is [Management.Automation.VerboseRecord] -and $_.Message -match '^Records came too late' }).Count
'@
        $said | Should -Be 'True', '1'
    }
}

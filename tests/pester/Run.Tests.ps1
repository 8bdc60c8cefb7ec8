# A run in the pipeline: findings stream, Ctrl+C and consumers that have enough end it, and what was finished
# stays. A proxy that never answers for the login host makes a run last ten seconds.

BeforeDiscovery { $onLinux = $IsLinux }

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    $manifestPath = Get-StagedManifest
    Import-Module $manifestPath -Force
    $proxy = New-SlowProxy
    $slow = @{ Proxy = $proxy.Url; TimeoutSecond = 60; GlobalTimeoutSecond = 60 }

    # Waits until a run has reached the proxy, and returns its connection.
    function Wait-Connection {
        $patience = [Diagnostics.Stopwatch]::StartNew()
        while (-not $proxy.Held.Count -and $patience.Elapsed.TotalSeconds -lt 60) { Start-Sleep -Milliseconds 10 }
        $proxy.Held[0]
    }

    # A runspace of its own in which a run is under way.
    function Start-Run {
        param([string] $Script)
        $proxy.Held.Clear()
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$manifestPath'; `$slow = @{ Proxy = '$($proxy.Url)'; TimeoutSecond = 60; GlobalTimeoutSecond = 60 }").Invoke()
        $shell.Commands.Clear()
        $null = $shell.AddScript($Script)
        $output = New-Object 'System.Management.Automation.PSDataCollection[psobject]'
        $handle = $shell.BeginInvoke((New-Object 'System.Management.Automation.PSDataCollection[psobject]'), $output)
        @{ Shell = $shell; Handle = $handle; Output = $output; Client = (Wait-Connection) }
    }

    # Milliseconds from an action until the native side has let go of its connection.
    function Measure-LetGo {
        param([Net.Sockets.TcpClient] $Client, [scriptblock] $Action)
        $watch = [Diagnostics.Stopwatch]::StartNew()
        & $Action
        $buffer = New-Object byte[] 4096
        $Client.ReceiveTimeout = 10000
        try { while ($Client.GetStream().Read($buffer, 0, $buffer.Length) -gt 0) { continue } } catch { Write-Debug $_.Exception.Message }
        $watch.ElapsedMilliseconds
    }
}
AfterAll { Stop-SlowProxy $proxy }

Describe 'Ctrl+C' {
    It 'ends the native work within 200 ms, keeps what was streamed, and leaves a cancelled report' {
        $run = Start-Run 'Test-PasswordWritebackConnectivity @slow'
        $patience = [Diagnostics.Stopwatch]::StartNew()
        while (-not $run.Output.Count -and $patience.Elapsed.TotalSeconds -lt 20) { Start-Sleep -Milliseconds 20 }
        $streamed = $run.Output.Count
        $took = Measure-LetGo $run.Client { $script:stop = $run.Shell.BeginStop($null, $null) }
        Write-Information "native work ended after $took ms" -InformationAction Continue
        $run.Shell.EndStop($script:stop)
        $took | Should -BeLessOrEqual 200
        $streamed | Should -BeGreaterThan 0
        $run.Output.Count | Should -BeGreaterOrEqual $streamed
        $run.Shell.Commands.Clear()
        $report = $run.Shell.AddScript('Get-PasswordWritebackReport').Invoke()[0]
        $report.state | Should -Be 'cancelled'
        $report.findings.Count | Should -BeGreaterOrEqual $streamed
        $run.Shell.Dispose()
    }
    It 'leaves the report of the whole as well, and the next run works' {
        $run = Start-Run 'Test-PasswordWriteback @slow'
        $run.Shell.Stop()
        $run.Shell.Commands.Clear()
        $report = $run.Shell.AddScript('Get-PasswordWritebackReport').Invoke()[0]
        $report.state | Should -Be 'cancelled'
        $report.verdict.state | Should -Not -BeNullOrEmpty
        $run.Shell.Commands.Clear()
        @($run.Shell.AddScript('Test-PasswordWritebackConnectivity -PlanOnly').Invoke()).Count | Should -BeGreaterThan 5
        $run.Shell.Dispose()
    }
    It 'as a signal to a script runs its finally, with the report' -Skip:(-not $onLinux) {
        $mark = Join-Path $TestDrive 'mark.json'
        $file = Join-Path $TestDrive 'interrupted.ps1'
        Set-Content -LiteralPath $file -Value @"
Import-Module '$(Get-StagedManifest)'
try { Test-PasswordWriteback -Proxy $($proxy.Url) -TimeoutSecond 60 -GlobalTimeoutSecond 60 }
finally { Set-Content -LiteralPath '$mark' -Value (Get-PasswordWritebackReport).state }
"@
        $proxy.Held.Clear()
        # Whoever starts the tests in the background hands down that the signal is ignored.
        $start = New-Object System.Diagnostics.ProcessStartInfo '/usr/bin/env', "--default-signal=INT `"$(Get-PwshPath)`" -NoProfile -NonInteractive -File `"$file`""
        $start.UseShellExecute = $false
        $process = [Diagnostics.Process]::Start($start)
        $client = Wait-Connection
        $took = Measure-LetGo $client { & /bin/kill -INT $process.Id }
        Write-Information "after the signal the native work ended in $took ms" -InformationAction Continue
        $process.WaitForExit(20000) | Should -BeTrue
        Get-Content -LiteralPath $mark | Should -Be 'cancelled'
        # The signal travels through .NET's own thread; the rest is ours.
        $took | Should -BeLessOrEqual 400
    }
}

Describe 'A consumer' {
    It 'gets findings as they come: the first is there long before the end' {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $first = Test-PasswordWritebackConnectivity @slow | Select-Object -First 1
        $first.PSObject.TypeNames | Should -Contain 'PasswordWriteback.Finding'
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 9.5
        (Get-PasswordWritebackReport).state | Should -Be 'cancelled'
    }
    It 'that fails ends the native work too, with its own error' {
        { Test-PasswordWritebackConnectivity @slow | ForEach-Object { throw 'mine' } } | Should -Throw -ExpectedMessage 'mine'
        (Get-PasswordWritebackReport).state | Should -Be 'cancelled'
    }
    It 'gets messages in their streams, and none without being asked' {
        $file = Join-Path $TestDrive 'suppress.json'
        Set-Content $file '[ { "id": "PW416", "reason": "old", "expires": "2020-01-01" } ]'
        $evidence = Join-Path $TestDrive 'a.ndjson'
        New-DnsEvidence -Path $evidence
        $warning = Test-PasswordWritebackConnectivity -EvidencePath $evidence -Suppression $file 3>&1 | Where-Object { $_ -is [Management.Automation.WarningRecord] }
        $warning | Should -Match 'PW416'
        Test-PasswordWritebackConnectivity -EvidencePath $evidence 2>&1 3>&1 4>&1 5>&1 6>&1 | ForEach-Object { $_ | Should -BeOfType [pscustomobject] }
    }
    It 'in several runspaces at once gets its own run' {
        $evidence = foreach ($n in 1..4) { $file = Join-Path $TestDrive "host$n.ndjson"; New-DnsEvidence -Path $file -Server "sync$n"; $file }
        $hosts = $evidence | ForEach-Object -Parallel { Import-Module $using:manifestPath; (Test-PasswordWriteback -EvidencePath $_).host } -ThrottleLimit 4
        $hosts | Sort-Object | Should -Be 'sync1', 'sync2', 'sync3', 'sync4'
    }
}

Describe 'A run' {
    It 'with -PlanOnly says what it would touch and touches nothing' {
        $proxy.Held.Clear()
        $plan = @(Test-PasswordWriteback -PlanOnly -Proxy $slow.Proxy -Domain corp.example)
        $plan.Count | Should -BeGreaterThan 5
        $plan | ForEach-Object { $_.PSObject.TypeNames[0] | Should -Be 'PasswordWriteback.PlanItem' }
        $plan.target | Should -Contain '_ldap._tcp.pdc._msdcs.corp.example'
        $plan.target | Should -Contain '<controller of corp.example>: DC=corp,DC=example (base): password policy'
        $plan.target | Should -Contain "CONNECT login.microsoftonline.com:443 at $($slow.Proxy -replace '^http://')"
        Start-Sleep -Milliseconds 300
        $proxy.Held.Count | Should -Be 0
    }
    It 'with -PlanOnly names each thing once, with the checks that need it' {
        $plan = @(Test-PasswordWritebackUser -All -LdapFilter 'department=Sales' -Domain corp.example -Server dc1.corp.example -PlanOnly)
        $plan.target | Should -Contain 'dc1.corp.example:389'
        $plan.target | Should -Contain '<controller of corp.example>: DC=corp,DC=example (subtree, (&(sAMAccountType=805306368)(department=Sales))): all users'
        $plan.target -like '*.microsoftonline.com*' | Should -BeNullOrEmpty
        @($plan | Group-Object kind, target | Where-Object Count -gt 1) | Should -BeNullOrEmpty
        $plan | ForEach-Object { $_.checks.Count | Should -BeGreaterThan 0 }
    }
    It 'of -PassThruEvidence can be judged again as it came from the pipeline' {
        $evidence = Join-Path $TestDrive 'p.ndjson'
        New-DnsEvidence -Path $evidence -Address '127.0.0.1'
        $all = Test-PasswordWriteback -EvidencePath $evidence -PassThruEvidence
        @($all | Where-Object { $_.PSObject.TypeNames[0] -eq 'PasswordWriteback.EvidenceRecord' }).Count | Should -Be 4
        $again = $all | Test-PasswordWriteback
        ConvertTo-Json $again -Depth 12 | Should -Be (ConvertTo-Json ($all | Where-Object { $_.PSObject.TypeNames[0] -eq 'PasswordWriteback.Report' }) -Depth 12)
    }
    It 'leaves no job behind, even when what was finished cannot be collected' {
        $evidence = Join-Path $TestDrive 'l.ndjson'
        New-DnsEvidence -Path $evidence
        $said = Invoke-Fresh @"
`$null = Test-PasswordWritebackConnectivity -PlanOnly
& (Get-Module -Name Native -All) { function script:Add-Finding { throw 'not readable' } }
1..65 | ForEach-Object { try { Test-PasswordWritebackConnectivity -EvidencePath '$evidence' } catch { `$_.Exception.Message } } | Select-Object -Unique
"@
        $said | Should -Be 'not readable'
    }
    It 'of a cmdlet without report hands its time over with the evidence' {
        $evidence = Join-Path $TestDrive 'r.ndjson'
        New-DnsEvidence -Path $evidence
        $moment = [datetime]::SpecifyKind('2026-12-24T18:00:00', 'Utc')
        $all = Test-PasswordWritebackConnectivity -EvidencePath $evidence -AsOf $moment -PassThruEvidence
        @($all | Where-Object { $_.PSObject.TypeNames[0] -eq 'PasswordWriteback.Run' }).Count | Should -Be 1
        ($all | Test-PasswordWriteback).nowUnixMs | Should -Be 1798135200000
    }
    It 'counts ages from -AsOf' {
        $evidence = Join-Path $TestDrive 'q.ndjson'
        New-DnsEvidence -Path $evidence
        $moment = [datetime]::SpecifyKind('2026-12-24T18:00:00', 'Utc')
        (Test-PasswordWriteback -EvidencePath $evidence -AsOf $moment).nowUnixMs | Should -Be 1798135200000
    }
    It 'merges files by wildcard and keeps what is selected' {
        New-DnsEvidence -Path (Join-Path $TestDrive 'm1.ndjson')
        New-DnsEvidence -Path (Join-Path $TestDrive 'm2.ndjson') -Address '127.0.0.1'
        $findings = Test-PasswordWritebackConnectivity -EvidencePath (Join-Path $TestDrive 'm*.ndjson') -Check PW3* -SkipCheck PW303
        $findings.id | Should -Contain 'PW301'
        $findings.id | Should -Not -Contain 'PW303'
    }
}

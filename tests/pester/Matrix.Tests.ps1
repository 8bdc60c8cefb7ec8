# Test-PasswordWritebackDirectory -Matrix: every port of every controller, from recorded runs.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    Import-Module (Get-StagedManifest) -Force
    $replay = (Resolve-Path (Join-Path $PSScriptRoot '../replay')).ProviderPath
    function Get-Matrix {
        param([string] $Case, [hashtable] $More = @{})
        Test-PasswordWritebackDirectory -EvidencePath (Join-Path $replay "$Case/evidence.zip") -Matrix @More
    }
    # The table without colours, as lines.
    function Show-Table {
        param([object[]] $Matrix, [int] $Width)
        ($Matrix | Format-Table | Out-String -Width $Width) -replace '\x1b\[[0-9;]*m', '' -split '\r?\n' | ForEach-Object { $_.TrimEnd() } | Where-Object { $_ }
    }
}

Describe '-Matrix' {
    It 'emits one object per controller with every port, and no finding' {
        $rows = @(Get-Matrix 'dc-frozen')
        $rows | ForEach-Object { $_.PSObject.TypeNames[0] | Should -Be 'PasswordWriteback.ControllerPort' }
        $rows.target.display | Should -Be 'dc1.corp.example.test', 'dc2.corp.example.test'
        $rows[0].roles | Should -Be 'pdc'
        foreach ($row in $rows) { $row.ports.port[0..9] | Should -Be 53, 88, 135, 389, 445, 464, 636, 3268, 5985, 9389 }
        ($rows[1].ports | Where-Object service -eq 'SAM over RPC').port | Should -Be 49154
        (Get-PasswordWritebackReport).findings.Count | Should -BeGreaterThan 10
    }
    It 'says how each port was found, in what time, and why one was not tried' {
        $rows = @(Get-Matrix 'dc-135-dropped')
        $port = @{}
        foreach ($cell in $rows[0].ports) { $port[$cell.service] = $cell }
        $port['LDAP'].state | Should -Be 'connected'
        $port['RPC endpoint mapper'].state | Should -Be 'timedOut'
        $port['RPC endpoint mapper'].ms | Should -BeGreaterOrEqual 3000
        $port['RPC endpoint mapper'].attempts[0].address | Should -Be '198.51.100.11'
        $port['AD web services'].state | Should -Be 'refused'
        $port['SAM over RPC'].state | Should -Be 'notTried'
        $port['SAM over RPC'].port | Should -BeNullOrEmpty
        $port['SAM over RPC'].why | Should -BeLike 'TCP 135, which names this port: *does not answer*'
    }
    It 'is complete for a controller whose name leads nowhere' {
        $file = Join-Path $TestDrive 'down.ndjson'
        $record = @{
            kind = 'dns'; collector = 'dns'; state = 'ok'; vantage = 'syncServer'; runAs = 'svc'; durationMs = 5; collectedAtUnixMs = 1795000000000
            target = @{ kind = 'dc'; key = 'dc:dc9.corp.example'; display = 'dc9.corp.example'; within = @('domain:corp.example') }
            data = @{ name = 'dc9.corp.example'; type = 'A+AAAA'; rcode = 'NXDOMAIN'; answers = @() }
        }
        Set-Content -LiteralPath $file -Value (ConvertTo-Json -InputObject $record -Depth 6 -Compress)
        $row = Test-PasswordWritebackDirectory -EvidencePath $file -Matrix
        @($row.ports).Count | Should -Be 11
        $row.ports.state | Select-Object -Unique | Should -Be 'notTried'
        $row.ports[0].why | Should -Be 'its name has no address (NXDOMAIN)'
    }
    It 'is a table that fits <_> columns, with a word for each port' -ForEach 80, 120 {
        $lines = Show-Table -Matrix (Get-Matrix 'dc-135-dropped') -Width $_
        ($lines | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual $_
        $lines[0] | Should -BeLike '*Domain: corp.example.test'
        $lines | Where-Object { $_ -match '^Controller\s+53\s+88\s+135\s+389\s+445\s+464\s+636\s+3268\s+5985\s+9389\s+SAM$' } | Should -Not -BeNullOrEmpty
        $lines | Where-Object { $_ -match '^dc1\.corp\.example\.test.*\s+open\s+open\s+tmo\s+open\s+open\s+open\s+open\s+open\s+ref\s+ref\s+-$' } | Should -Not -BeNullOrEmpty
        $lines | Where-Object { $_ -match '^dc2\.corp\.example\.test\s+(open\s+){8}ref\s+ref\s+open$' } | Should -Not -BeNullOrEmpty
    }
    It 'is a list with the reason of each port' {
        $text = (Get-Matrix 'dc-135-dropped' | Select-Object -First 1 | Format-List | Out-String -Width 200) -replace '\x1b\[[0-9;]*m', ''
        $text | Should -Match '(?m)^Roles\s+: pdc'
        $text | Should -Match '389 LDAP: connected, \d+ ms'
        $text | Should -Match '135 RPC endpoint mapper: timedOut, \d+ ms, 198\.51\.100\.11 does not answer'
    }
    It 'lets no hostile text reach a terminal, as table and as list' {
        $file = Join-Path $TestDrive 'hostile.ndjson'
        $esc = [char]27
        $name = "dc9$esc[2J$([char]0x202e).corp.example"
        $target = @{ kind = 'dc'; key = 'dc:dc9.corp.example'; display = $name; within = @("domain:corp$esc[31m.example") }
        $envelope = @{ collector = 'test'; state = 'ok'; vantage = 'syncServer'; runAs = 'svc'; durationMs = 5; collectedAtUnixMs = 1795000000000; target = $target }
        $records = @(
            $envelope + @{ kind = 'dc-inventory'; data = @{ fqdn = $name; domain = 'corp.example'; roles = @("pdc$esc[31m"); site = "Main$esc]0;x$([char]7)" } }
            $envelope + @{ kind = 'tcp'; data = @{ host = $name; address = "192.0.2.1$esc[2J"; port = 389; via = 'direct'; result = 'Refused'; ms = 1 } }
        )
        [IO.File]::WriteAllLines($file, [string[]]@($records | ForEach-Object { ConvertTo-Json -InputObject $_ -Depth 6 -Compress }))
        $row = Test-PasswordWritebackDirectory -EvidencePath $file -Matrix
        $mode = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'Ansi'
        try { $text = ($row | Format-Table | Out-String -Width 120) + ($row | Format-List | Out-String -Width 120) }
        finally { $PSStyle.OutputRendering = $mode }
        # Only the view's own colours are left, and none of them is red.
        $text | Should -Not -Match '\x1b\[31m'
        $text -replace '\x1b\[[0-9;]*m', '' | Should -Not -Match '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]'
        $text | Should -Match 'refuses the connection'
    }
    It 'with -Quiet is one Boolean, with -FailOn ends after all rows' {
        Get-Matrix 'dc-frozen' @{ Quiet = $true } | Should -BeFalse
        $rows = New-Object 'Collections.Generic.List[object]'
        { Get-Matrix 'dc-frozen' @{ FailOn = 'Critical' } | ForEach-Object { $rows.Add($_) } } | Should -Throw -ErrorId 'PasswordWriteback.FailOn,*'
        $rows.Count | Should -Be 2
    }
    It 'with -PassThruEvidence can be judged again as it came from the pipeline' {
        $all = Get-Matrix 'dc-frozen' @{ PassThruEvidence = $true }
        $again = @($all | Test-PasswordWritebackDirectory -Matrix)
        ConvertTo-Json $again -Depth 8 | Should -Be (ConvertTo-Json @($all | Where-Object { $_.PSObject.TypeNames[0] -eq 'PasswordWriteback.ControllerPort' }) -Depth 8)
    }
    It 'stays whole through a job' {
        $manifest = Get-StagedManifest
        $file = Join-Path $replay 'dc-135-dropped/evidence.zip'
        $rows = Start-Job { Import-Module $using:manifest; Test-PasswordWritebackDirectory -EvidencePath $using:file -Matrix } | Receive-Job -Wait -AutoRemoveJob
        $rows[0].ports[2].attempts[0].state | Should -Be 'timedOut'
        Show-Table -Matrix $rows -Width 100 | Where-Object { $_ -match '^dc1\.corp\.example\.test.*\s+tmo\s' } | Should -Not -BeNullOrEmpty
    }
}

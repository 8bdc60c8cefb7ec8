# What people see: the report in windows of 80 and 120 columns, with and without colour, and hostile text.

BeforeDiscovery { $hasTerminal = $IsLinux -and (Get-Command -Name script -CommandType Application -ErrorAction Ignore) }

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    $manifest = Get-StagedManifest
    Import-Module $manifest -Force
    $broken = Join-Path $TestDrive 'broken.ndjson'
    New-DnsEvidence -Path $broken -Address '127.0.0.1'
    $hostile = Join-Path $TestDrive 'hostile.ndjson'
    $esc = [char]27
    New-DnsEvidence -Path $hostile -Address "127.0.0.1" -Resolver "$esc[2J$esc]0;title$([char]7)$([char]0x202e)198.51.100.53" -Server "sync$esc[31m"

    # The report as a terminal of this width gets it: `script` makes a real one.
    function Show-InTerminal {
        param([int] $Columns, [string] $Setting = '')
        $file = Join-Path $TestDrive "show-$Columns.ps1"
        Set-Content -LiteralPath $file -Value "$Setting; Import-Module '$manifest'; Test-PasswordWriteback -EvidencePath '$broken'"
        $text = & script -qec "stty cols $Columns rows 200; '$(Get-PwshPath)' -NoProfile -NonInteractive -File '$file'" /dev/null
        # The terminal's own queries and modes are not text.
        ($text -join "`n") -replace '\x1b\[[?>=]?[0-9;]*[hlnuc]|\x1b\][^\x07]*\x07|\x1b[=>]', ''
    }
}

Describe 'The view of a report' {
    It 'fits a terminal of <_> columns and uses them' -Skip:(-not $hasTerminal) -ForEach 80, 120 {
        $lines = @((Show-InTerminal $_) -replace '\x1b\[[0-9;]*m', '' -split '\r?\n' | ForEach-Object { $_.TrimEnd() })
        $width = $_
        # Links and commands stay whole, so that they can be copied.
        $text = @($lines | Where-Object { $_ -notmatch 'https?://|^ {7}\S' })
        @($text | Where-Object { $_.Length -ge $width }) | Should -BeNullOrEmpty
        ($text | Measure-Object -Property Length -Maximum).Maximum | Should -BeGreaterThan ($width - 20)
    }
    It 'has colours in a terminal, none with NO_COLOR, none in plain text' -Skip:(-not $hasTerminal) {
        Show-InTerminal 80 | Should -Match '\x1b\[31m(NOT WORKING|DEGRADED)\x1b\[0m'
        Show-InTerminal 80 '$env:NO_COLOR = "1"' | Should -Not -Match '\x1b\[[0-9;]*m'
        Show-InTerminal 80 '$PSStyle.OutputRendering = "PlainText"' | Should -Not -Match '\x1b\[[0-9;]*m'
    }
    It 'reaches a file without escape sequences' {
        $file = Join-Path $TestDrive 'report.txt'
        Test-PasswordWriteback -EvidencePath $broken | Out-File -LiteralPath $file
        $text = Get-Content -LiteralPath $file -Raw
        $text | Should -Match 'DEGRADED'
        $text | Should -Not -Match '\x1b'
    }
    It 'has the same content without $PSStyle, as in Windows PowerShell' {
        # In a runspace whose initial state has no such variable.
        $state = [Management.Automation.Runspaces.InitialSessionState]::CreateDefault()
        $state.Variables.Remove('PSStyle', $null)
        $shell = [powershell]::Create($state)
        $text = $shell.AddScript("Import-Module '$manifest'; Test-PasswordWriteback -EvidencePath '$broken' | Out-String").Invoke()[0]
        $shell.HadErrors | Should -BeFalse
        $shell.Dispose()
        $text -replace '\s+', ' ' | Should -Be ((Test-PasswordWriteback -EvidencePath $broken | Out-String) -replace '\x1b\[[0-9;]*m', '' -replace '\s+', ' ')
    }
    It 'says for each cause what was found, how to fix it, how sure it is and what it explains' {
        $text = (Test-PasswordWriteback -EvidencePath $broken | Out-String) -replace '\x1b\[[0-9;]*m', '' -replace '\s+', ' '
        $text | Should -Match '1\. PW301 not met: Cloud names resolve to public addresses \(confidence \w+, score [\d.]+\)'
        $text | Should -Match 'login\.microsoftonline\.com'
        $text | Should -Match 'Fix: \w+'
    }
    It 'has one line for each thing that was not examined, with the parameter that adds it' {
        $report = Test-PasswordWriteback -EvidencePath $broken
        $text = ($report | Out-String) -replace '\s+', ' '
        foreach ($line in $report.notExamined) { $text | Should -BeLike "*$([WildcardPattern]::Escape($line.what))*" }
        foreach ($how in $report.notExamined.how | Where-Object { $_ }) { $text | Should -BeLike "*Adds it: $([WildcardPattern]::Escape($how))*" }
    }
    It 'keeps its shape after objects of another type' {
        $text = & { [pscustomobject]@{ a = 1 }; Test-PasswordWriteback -EvidencePath $broken } | Out-String
        $text | Should -Match 'PROBABLE CAUSES'
    }
    It 'is there for a report that comes from a job' {
        $text = Start-Job { Import-Module $using:manifest; Test-PasswordWriteback -EvidencePath $using:broken } | Receive-Job -Wait -AutoRemoveJob | Out-String
        $text | Should -Match 'PROBABLE CAUSES'
        $text | Should -Match 'login\.microsoftonline\.com'
    }
    It 'belongs to a cancelled run too, and says so' {
        $report = Test-PasswordWriteback -EvidencePath $broken
        $report.state = 'cancelled'
        $report | Out-String | Should -Match 'cancelled'
    }
}

Describe 'Hostile text' {
    It 'does not reach a terminal: <Name>' -ForEach @(
        @{ Name = 'report'; View = { Test-PasswordWriteback -EvidencePath $hostile | Out-String } }
        @{ Name = 'finding table'; View = { Test-PasswordWritebackConnectivity -EvidencePath $hostile | Format-Table | Out-String } }
        @{ Name = 'finding list'; View = { Test-PasswordWritebackConnectivity -EvidencePath $hostile | Format-List | Out-String } }
        @{ Name = 'explained report'; View = { Test-PasswordWriteback -EvidencePath $hostile -Explain | Out-String } }
        @{ Name = 'explained finding table'; View = { Test-PasswordWritebackConnectivity -EvidencePath $hostile -Explain | Format-Table | Out-String } }
        @{ Name = 'explained finding list'; View = { Test-PasswordWritebackConnectivity -EvidencePath $hostile -Explain | Format-List | Out-String } }
        @{ Name = 'record table'; View = { Test-PasswordWritebackConnectivity -EvidencePath $hostile -PassThruEvidence | Where-Object collectedAtUnixMs | Format-Table | Out-String } }
    ) {
        $mode = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'Ansi'
        try { $text = & $View } finally { $PSStyle.OutputRendering = $mode }
        # Only our own colours are left.
        $text -replace '\x1b\[[0-9;]*m', '' | Should -Not -Match '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]'
        $text | Should -Not -Match '\x1b\[2J'
    }
    It 'does not reach a terminal after objects of another type: <Kind>' -ForEach @(
        @{ Kind = 'EvidenceRecord'; Object = { Test-PasswordWritebackConnectivity -EvidencePath $hostile -PassThruEvidence } }
        @{ Kind = 'Run'; Object = { Test-PasswordWritebackConnectivity -EvidencePath $hostile -PassThruEvidence } }
        @{ Kind = 'EvidenceBundle'; Object = { Export-PasswordWritebackEvidence -Path (Join-Path $TestDrive 'h.zip') -NoRedact -EvidencePath $hostile } }
        @{ Kind = 'ControllerPort'; Object = { [pscustomobject]@{ PSTypeName = 'PasswordWriteback.ControllerPort'; target = @{ display = "dc$esc[2J" }; roles = @(); ports = @() } } }
        @{ Kind = 'Coverage'; Object = { [pscustomobject]@{ PSTypeName = 'PasswordWriteback.Coverage'; target = @{ display = "corp$esc[2J" }; status = 'pass'; users = 1; message = 'm' } } }
    ) {
        $objects = @(& $Object | Where-Object { $_.PSObject.TypeNames -contains "PasswordWriteback.$Kind" })
        $objects.Count | Should -BeGreaterThan 0
        $mode = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'Ansi'
        try { $text = & { Get-Item -LiteralPath $PSScriptRoot; $objects } | Out-String -Width 300 } finally { $PSStyle.OutputRendering = $mode }
        $text -replace '\x1b\[[0-9;]*m', '' | Should -Not -Match '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]'
        # What was an escape sequence is text now.
        $text | Should -Match '(sync|dc|corp) \['
    }
}

Describe 'Views of the other objects' {
    It 'show findings as a table with status, id, severity and message' {
        $text = Test-PasswordWritebackConnectivity -EvidencePath $broken | Out-String
        $text | Should -Match 'Status\s+Id\s+Severity\s+Message'
        $text | Should -Match 'PW301'
    }
    # Where PowerShell does not know how a language breaks lines, it breaks them anywhere.
    It 'break lines between words, whatever the culture: <Name>' -ForEach @(
        @{ Name = 'finding table'; Object = { Test-PasswordWritebackConnectivity -EvidencePath $broken }; As = 'Format-Table'; Text = 'message' }
        @{ Name = 'finding list'; Object = { Test-PasswordWritebackConnectivity -EvidencePath $broken | Where-Object status -eq fail }; As = 'Format-List'; Text = 'message', 'remediation' }
        @{ Name = 'check table'; Object = { Get-PasswordWritebackCheck }; As = 'Format-Table'; Text = 'title' }
        @{ Name = 'check list'; Object = { Get-PasswordWritebackCheck -Rule }; As = 'Format-List'; Text = 'title', 'rule' }
    ) {
        $culture = [cultureinfo]::CurrentCulture
        $objects = @(& $Object)
        try {
            [cultureinfo]::CurrentCulture = [cultureinfo]::InvariantCulture
            $shown = ($objects | & $As | Out-String) -replace '\x1b\[[0-9;]*m', '' -split '\s+'
        }
        finally { [cultureinfo]::CurrentCulture = $culture }
        $words = foreach ($name in $Text) { $objects.$name -split '\s+' }
        $words = @($words | Where-Object { $_ -and $_.Length -lt 40 } | Select-Object -Unique)
        $words.Count | Should -BeGreaterThan 20
        @($words | Where-Object { $shown -cnotcontains $_ }) | Should -BeNullOrEmpty
    }
    It 'show a finding as a list with evidence and fix' {
        $text = (Test-PasswordWritebackConnectivity -EvidencePath $broken | Where-Object status -eq fail | Select-Object -First 1 | Format-List | Out-String) -replace '\x1b\[[0-9;]*m', ''
        foreach ($label in 'Check', 'Target', 'Status', 'Severity', 'Message', 'Evidence', 'Fix', 'Link') { $text | Should -Match "(?m)^$label\s+:" }
    }
    It 'show checks, a bundle and a plan as tables' {
        Get-PasswordWritebackCheck PW30* | Out-String | Should -Match 'Id\s+.*Severity\s+.*Area\s+.*Title'
        Export-PasswordWritebackEvidence -Path (Join-Path $TestDrive 'v.zip') -NoRedact -EvidencePath $broken | Out-String | Should -Match 'Host\s+.*Records\s+.*Redacted'
        Test-PasswordWritebackConnectivity -PlanOnly | Out-String | Should -Match 'Kind\s+.*Target\s+.*Checks'
    }
    It 'show what there is when the module was removed, free of escape sequences: <Name>' -ForEach @(
        @{ Name = 'report'; Object = { Test-PasswordWriteback -EvidencePath $hostile }; As = 'Out-String'; Says = 'PW301.*Import-Module' }
        @{ Name = 'finding table'; Object = { Test-PasswordWritebackConnectivity -EvidencePath $hostile -Check PW301 }; As = 'Format-Table'; Says = 'loopback' }
        @{ Name = 'finding list'; Object = { Test-PasswordWritebackConnectivity -EvidencePath $hostile -Check PW301 }; As = 'Format-List'; Says = 'Message : .*loopback' }
        @{ Name = 'ports'; Object = { [pscustomobject]@{ PSTypeName = 'PasswordWriteback.ControllerPort'; target = @{ display = "dc1$esc[2J"; within = @() }; roles = @(); readOnly = $false; ports = @(@{ port = 53; state = 'connected' }) } }; As = 'Format-Table'; Says = 'dc1.* con ' }
        @{ Name = 'text of others'; Object = { [pscustomobject]@{ PSTypeName = 'PasswordWriteback.Finding'; id = 'PW301'; status = 'fail'; countsAs = 'high'; message = "mine$esc[2J" } }; As = 'Format-Table'; Says = 'mine \[2J' }
    ) {
        $objects = @(& $Object)
        $mode = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'Ansi'
        Remove-Module PasswordWriteback
        try { $text = ($objects | & $As | Out-String) -replace '\x1b\[[0-9;]*m', '' }
        finally {
            $PSStyle.OutputRendering = $mode
            Import-Module $manifest
        }
        $text -replace '\s+', ' ' | Should -Match $Says
        $text | Should -Not -Match '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]'
    }
}

# A report from recorded runs: verdict, causes, output of the pipeline, -Quiet, -FailOn, views.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    Import-Module (Get-StagedManifest) -Force
    $replay = (Resolve-Path (Join-Path $PSScriptRoot '../replay')).ProviderPath
    $knowledge = @{ KnowledgePath = (Join-Path $replay 'knowledge') }
    function Get-Case { param([string] $Name) Join-Path $replay "$Name/evidence.zip" }
}

Describe 'A report' {
    It 'of <Case> names <Cause> first and ends with exit code <Exit>' -ForEach @(
        @{ Case = 'cloud-port-dropped'; Cause = 'PW303'; Exit = 2 }
        @{ Case = 'dc-frozen'; Cause = 'PW403'; Exit = 2 }
        @{ Case = 'dc-135-dropped'; Cause = 'PW405'; Exit = 2 }
        @{ Case = 'pdc-role-moved'; Cause = 'PW402'; Exit = 1 }
        @{ Case = 'proxy-auth'; Cause = 'PW305'; Exit = 1 }
        @{ Case = 'domain-minimum-age'; Cause = 'PW601'; Exit = 3 }
    ) {
        $report = Test-PasswordWriteback -EvidencePath (Get-Case $Case) @knowledge
        @($report).Count | Should -Be 1
        $report.verdict.probableCauses[0].id | Should -Be $Cause
        $report.ExitCode | Should -Be $Exit
    }

    It 'of a healthy run has no cause, proves nothing and says what to collect' {
        $report = Test-PasswordWriteback -EvidencePath (Get-Case 'healthy') @knowledge
        @($report.verdict.probableCauses).Count | Should -Be 0
        $report.verdict.state | Should -Be 'notProven'
        @($report.verdict.next).Count | Should -BeGreaterThan 2
        @($report.notExamined | Where-Object { -not $_.why }).Count | Should -Be 0
    }

    It 'is that of the session, survives JSON, and reads from its file' {
        $report = Test-PasswordWriteback -EvidencePath (Get-Case 'dc-frozen') @knowledge
        (Get-PasswordWritebackReport).verdict.summary | Should -Be $report.verdict.summary
        $file = Join-Path $TestDrive 'report.json'
        ConvertTo-Json -InputObject $report -Depth 12 | Set-Content $file
        $read = Get-PasswordWritebackReport -Path $file
        $read.findings.Count | Should -Be $report.findings.Count
        $read.findings[0].target.within.GetType().IsArray | Should -BeTrue
    }

    It 'of every recorded run looks as the library writes it as text' {
        $style = Get-Variable -Name PSStyle -ValueOnly
        $rendering = $style.OutputRendering
        try {
            $style.OutputRendering = 'PlainText'
            foreach ($file in Get-ChildItem (Join-Path $replay '*/*') -Include report.txt, explained.txt) {
                $explain = $file.Name -eq 'explained.txt'
                $report = Test-PasswordWriteback -EvidencePath (Get-Case $file.Directory.Name) -Explain:$explain @knowledge
                $lines = & (Get-Module PasswordWriteback) { param($report) Import-View; Format-Report -Report $report -Width 100 } $report
                $text = @($lines | ForEach-Object { $_.TrimEnd() }) -join "`n"
                $text | Should -BeExactly ([IO.File]::ReadAllText($file.FullName).TrimEnd()) -Because $file.FullName
            }
        }
        finally { $style.OutputRendering = $rendering }
    }

    It 'holds its findings in ordinal order of id and target' {
        $findings = (Test-PasswordWriteback -EvidencePath (Get-Case 'dc-frozen') @knowledge).findings
        [string[]] $keys = $findings | ForEach-Object { $_.id + $_.target.key }
        [string[]] $sorted = $keys.Clone()
        [Array]::Sort($sorted, [StringComparer]::Ordinal)
        $keys -join "`n" | Should -Be ($sorted -join "`n")
    }
}

Describe 'Evidence' {
    It 'through a handle gives the same report as through the file' {
        $file = Get-Case 'cert-unknown-ca'
        $first = Test-PasswordWriteback -EvidencePath $file @knowledge
        $second = Import-PasswordWritebackEvidence $file | Test-PasswordWriteback @knowledge
        ConvertTo-Json $second -Depth 12 | Should -Be (ConvertTo-Json $first -Depth 12)
    }

    It 'can be cut to some kinds and judged again' {
        $small = Export-PasswordWritebackEvidence -Path (Join-Path $TestDrive 'small.zip') -NoRedact -EvidencePath (Get-Case 'dc-frozen') -Kind dns, operator-input
        $report = Test-PasswordWriteback -EvidencePath $small.path @knowledge
        @($report.findings | Where-Object { $_.id -eq 'PW401' -and $_.status -eq 'pass' }).Count | Should -Be 1
    }

    It 'is recorded with the account, the users and the operation that were named' {
        $file = Join-Path $TestDrive 'asked.zip'
        $asked = @{ Domain = 'corp.invalid'; ConnectorAccount = 'MSOL_1'; Identity = 'anna', 'boris'; Operation = 'Change' }
        $null = Export-PasswordWritebackEvidence -Path $file -NoRedact -Kind user, operator-input @asked
        $records = @(Test-PasswordWritebackUser -EvidencePath $file -PassThruEvidence | Where-Object collectedAtUnixMs)
        $said = ($records | Where-Object kind -eq operator-input).data
        $said.connectorAccounts | Should -Be 'MSOL_1'
        $said.operation | Should -Be 'Change'
        # The sample of the domain leaves a record at its container.
        $keys = ($records | Where-Object kind -eq user).target.key | Where-Object { $_ -notlike 'container:*' }
        $keys | Sort-Object | Should -Be 'account:msol_1', 'user:anna', 'user:boris'
    }

    It 'is not written without -NoRedact, because names would stand in it' {
        { Export-PasswordWritebackEvidence -Path (Join-Path $TestDrive 'x.zip') -EvidencePath (Get-Case 'healthy') } | Should -Throw -ErrorId 'PasswordWriteback.InvalidRequest*'
        Test-Path (Join-Path $TestDrive 'x.zip') | Should -BeFalse
    }
}

Describe '-Explain' {
    It 'is a parameter of every Test- cmdlet, live and offline' {
        $sets = foreach ($command in Get-Command Test-* -Module PasswordWriteback) {
            $command.Parameters.Keys | Should -Contain 'Explain' -Because $command.Name
            $command.Parameters['Explain'].ParameterSets.Keys
        }
        $sets | Select-Object -Unique | Should -Be '__AllParameterSets'
    }

    It 'gives every finding the rule of the catalog, fields and a flip; without it there is nothing of it' {
        $rules = @{}
        Get-PasswordWritebackCheck -Rule | ForEach-Object { $rules[$_.id] = $_.rule }
        $findings = @(Test-PasswordWritebackDirectory -EvidencePath (Get-Case 'domain-minimum-age') -Explain @knowledge)
        $findings.Count | Should -BeGreaterThan 10
        foreach ($finding in $findings) {
            $finding.explain.rule | Should -Match '^(Pass|Warn|Fail|Unknown|NotApplicable)' -Because $finding.key
            @($finding.explain.fields).Count | Should -BeGreaterThan 0 -Because $finding.key
        }
        $age = $findings | Where-Object { $_.id -eq 'PW601' }
        # The end of a sentence of the rule is no part of its branch.
        $rules.PW601 | Should -BeLike "*$($age.explain.rule)*"
        $age.explain.fields[0].name, $age.explain.fields[0].value | Should -Be 'domain-policy.minPwdAge', '86400'
        $age.explain.flip.value, $age.explain.flip.status | Should -Be '0', 'pass'
        $plain = @(Test-PasswordWritebackDirectory -EvidencePath (Get-Case 'domain-minimum-age') @knowledge)
        $plain | Where-Object { $_.PSObject.Properties['explain'] } | Should -BeNullOrEmpty
        $findings | ForEach-Object { $_.PSObject.Properties.Remove('explain') }
        ConvertTo-Json $findings -Depth 12 | Should -Be (ConvertTo-Json $plain -Depth 12)
    }

    It 'stands in a live run too' {
        $clock = @(Test-PasswordWritebackConnectivity -Check PW305 -TimeoutSecond 1 -Explain -IncludeNotCollected)
        @($clock[0].explain.fields).Count | Should -BeGreaterThan 0
    }

    It 'is whole when it comes from a job' {
        $manifest = Get-StagedManifest
        $file = Get-Case 'domain-minimum-age'
        $job = Start-Job { Import-Module $using:manifest; Test-PasswordWritebackDirectory -EvidencePath $using:file -Check PW601 -Explain; Test-PasswordWriteback -EvidencePath $using:file -Check PW601 -Explain }
        $finding, $report = $job | Receive-Job -Wait -AutoRemoveJob
        $finding.explain.fields[0].value | Should -Be '86400'
        $report.findings[0].explain.fields[0].value | Should -Be '86400'
    }

    It 'stands under each finding of a list and of a table' {
        $finding = Test-PasswordWritebackDirectory -EvidencePath (Get-Case 'domain-minimum-age') -Check PW601 -Explain @knowledge
        $list = ($finding | Format-List | Out-String) -replace '\x1b\[[0-9;]*m', ''
        $list | Should -Match '(?m)^Rule\s+: Warn: above 0'
        $list | Should -Match '(?m)^Because\s+: domain-policy\.minPwdAge = 86400'
        $list | Should -Match '(?m)^Otherwise\s+: pass with domain-policy\.minPwdAge = 0'
        ($finding | Out-String) -replace '\s+', ' ' | Should -Match 'Because: domain-policy\.minPwdAge = 86400'
    }
}

Describe '-Quiet and -FailOn' {
    It 'a part is quiet true with a pass and no fail: <Case> gives <Expected>' -ForEach @(
        @{ Case = 'healthy'; Expected = $true }
        @{ Case = 'dc-frozen'; Expected = $false }
    ) {
        $answer = Test-PasswordWritebackDirectory -EvidencePath (Get-Case $Case) @knowledge -Quiet
        $answer | Should -BeOfType [bool]
        $answer | Should -Be $Expected
    }

    It 'the whole is quiet false as long as nothing proves that it works' {
        Test-PasswordWriteback -EvidencePath (Get-Case 'healthy') @knowledge -Quiet | Should -BeFalse
    }

    It 'ends with one terminating error after all output, the report as its target' {
        $output = @()
        try { Test-PasswordWritebackDirectory -EvidencePath (Get-Case 'dc-frozen') @knowledge -FailOn Critical | ForEach-Object { $output += $_ } }
        catch { $caught = $_ }
        $output.Count | Should -BeGreaterThan 10
        $caught.FullyQualifiedErrorId | Should -BeLike 'PasswordWriteback.FailOn*'
        $caught.CategoryInfo.Category | Should -Be 'InvalidResult'
        $caught.TargetObject.verdict.state | Should -Not -BeNullOrEmpty
    }

    It 'says nothing when nothing counts that much' {
        { Test-PasswordWritebackDirectory -EvidencePath (Get-Case 'domain-minimum-age') @knowledge -FailOn High } | Should -Not -Throw
        { Test-PasswordWriteback -EvidencePath (Get-Case 'healthy') @knowledge -FailOn NotProven } | Should -Throw -ErrorId 'PasswordWriteback.FailOn*'
    }
}

Describe 'The view of a report' {
    It 'begins with the verdict, then causes with the fix, and keeps to <_> columns' -ForEach 80, 120 {
        $text = (Test-PasswordWriteback -EvidencePath (Get-Case 'dc-frozen') @knowledge | Out-String -Width $_) -replace '\x1b\[[0-9;]*m', ''
        $lines = @($text -split '\r?\n' | Where-Object { $_ })
        $lines[0] | Should -BeLike 'NOT WORKING*'
        $text | Should -Match 'PW403'
        $text | Should -Match 'Fix: '
        $text.IndexOf('PROBABLE') | Should -BeLessThan $text.IndexOf('NOT EXAMINED')
        $width = $_
        @($lines | Where-Object { $_.Length -gt $width -and $_ -notmatch 'https://|Get-|Test-' }).Count | Should -Be 0
    }
}

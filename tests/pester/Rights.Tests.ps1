# Rights and users from recorded runs: what comes out, the pipeline, -Quiet, -FailOn, views.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    Import-Module (Get-StagedManifest) -Force
    $replay = (Resolve-Path (Join-Path $PSScriptRoot '../replay')).ProviderPath
    $people = Join-Path $replay 'users-and-rights/evidence.zip'
    $bare = Join-Path $replay 'connector-without-reset/evidence.zip'

    # The first part of the name, as it was given.
    function Get-Name { param([object] $User) $User.target.display -replace '@.*' }
    # What a window of 100 columns shows, without colours.
    function Get-Text { param([object[]] $Shown) (($Shown | Out-String -Width 100) -replace '\x1b\[[0-9;]*m', '') }
}

Describe 'Test-PasswordWritebackPermission' {
    It 'emits findings of the rights alone, each with its target and the entry that decides' {
        $findings = @(Test-PasswordWritebackPermission -EvidencePath $people)
        $findings | ForEach-Object { $_.PSObject.TypeNames[0] | Should -Be 'PasswordWriteback.Finding' }
        @($findings.id | Where-Object { $_ -notlike 'PW5*' -and $_ -ne 'PW919' }) | Should -BeNullOrEmpty
        $denied = $findings | Where-Object { $_.id -eq 'PW505' -and $_.target.display -like 'hanna@*' }
        $denied.status | Should -Be 'fail'
        ($denied.evidence | Where-Object name -eq 'why').value | Should -BeLike 'explicit deny for Authenticated Users*'
    }
    It 'judges a domain by its sample and leaves protected users out' {
        $domain = Test-PasswordWritebackPermission -EvidencePath $people -Check PW505 | Where-Object { $_.target.kind -eq 'domain' }
        $domain.status | Should -Be 'warn'
        $domain.message | Should -Match 'sample of 30 in \d containers'
        [int]($domain.evidence | Where-Object name -eq 'protected users left out').value | Should -BeGreaterThan 2
    }
    It 'names the lost right of a whole domain as critical' {
        $lost = Test-PasswordWritebackPermission -EvidencePath $bare | Where-Object status -eq fail
        $lost.id | Should -Be 'PW505'
        $lost.severity | Should -Be 'critical'
        $lost.steps[0].command | Should -Match '00299570-246d-11d0-a768-00aa006e0529'
    }
    It 'takes the handle of an import from the pipeline' {
        $byPath = Test-PasswordWritebackPermission -EvidencePath $bare
        $byHandle = Import-PasswordWritebackEvidence $bare | Test-PasswordWritebackPermission
        ConvertTo-Json $byHandle -Depth 8 | Should -Be (ConvertTo-Json $byPath -Depth 8)
    }
    It 'is quiet <Expected> for <Check> of the connector without Reset Password' -ForEach @(
        @{ Check = 'PW506'; Expected = $true }, @{ Check = 'PW505'; Expected = $false }
    ) {
        Test-PasswordWritebackPermission -EvidencePath $bare -Check $Check -Quiet | Should -Be $Expected
    }
    It 'ends with -FailOn <FailOn> for <Check>: <Ends>' -ForEach @(
        @{ FailOn = 'Critical'; Check = 'PW505'; Ends = $true }
        @{ FailOn = 'NotProven'; Check = 'PW505'; Ends = $true }
        @{ FailOn = 'Low'; Check = 'PW506'; Ends = $false }
        @{ FailOn = 'NotProven'; Check = 'PW506'; Ends = $false }
    ) {
        $run = { Test-PasswordWritebackPermission -EvidencePath $bare -Check $Check -FailOn $FailOn }
        if ($Ends) { $run | Should -Throw -ErrorId 'PasswordWriteback.FailOn*' }
        else { & $run | ForEach-Object { $_.PSObject.TypeNames[0] | Should -Be 'PasswordWriteback.Finding' } }
    }
    It 'shows a finding with the message between words and the steps in its list' {
        $lost = Test-PasswordWritebackPermission -EvidencePath $bare | Where-Object status -eq fail
        Get-Text $lost | Should -Match '(?m)^fail\s+PW505\s+critical\s+MSOL_lab'
        $list = Get-Text ($lost | Format-List)
        foreach ($label in 'Check', 'Target', 'Status', 'Severity', 'Message', 'Evidence', 'Fix', 'Steps') { $list | Should -Match "(?m)^$label\s+: \S" }
    }
}

Describe 'Test-PasswordWritebackUser' {
    BeforeAll {
        # Of the one who is not in the directory there is an error too.
        $users = @(Test-PasswordWritebackUser -EvidencePath $people -ErrorAction SilentlyContinue)
        $answers = @{}
        foreach ($user in $users) { $answers[(Get-Name $user)] = $user }
    }
    It 'answers <Answer> for <Name>, because of <Reason>' -ForEach @(
        @{ Name = 'anna'; Answer = 'yes'; Reason = @() }
        @{ Name = 'boris'; Answer = 'no'; Reason = @('PW909') }
        @{ Name = 'carla'; Answer = 'noByDesign'; Reason = @('PW917') }
        @{ Name = 'dora'; Answer = 'no'; Reason = @('PW919', 'PW505', 'PW506', 'PW507') }
        @{ Name = 'emil'; Answer = 'no'; Reason = @('PW918') }
        @{ Name = 'frida'; Answer = 'yes'; Reason = @() }
        @{ Name = 'gert'; Answer = 'yes'; Reason = @() }
        @{ Name = 'hanna'; Answer = 'no'; Reason = @('PW505') }
        @{ Name = 'ivan'; Answer = 'no'; Reason = @('PW908') }
        @{ Name = 'jana'; Answer = 'no'; Reason = @('PW904') }
        @{ Name = 'nobody'; Answer = 'no'; Reason = @('PW901') }
    ) {
        $user = $answers[$Name]
        $user.PSObject.TypeNames[0] | Should -Be 'PasswordWriteback.User'
        $user.canReset | Should -Be $Answer
        @($user.reasons.id) | Sort-Object | Should -Be @($Reason | Sort-Object)
        $user.reasons | ForEach-Object { $_.message | Should -Not -BeNullOrEmpty }
        $user.findings | ForEach-Object { $_.PSObject.TypeNames[0] | Should -Be 'PasswordWriteback.Finding' }
    }
    It 'emits one object for each user that was named, and none of the sample' {
        $users.Count | Should -Be 11
        @($answers.Keys).Count | Should -Be 11
    }
    It 'says after all results who was not found, and -ErrorAction Stop loses none of them' {
        $seen = New-Object 'Collections.Generic.List[object]'
        try { Test-PasswordWritebackUser -EvidencePath $people -ErrorAction Stop | ForEach-Object { $seen.Add($_) } }
        catch { $caught = $_ }
        $seen.Count | Should -Be 11
        $caught.FullyQualifiedErrorId | Should -BeLike 'PasswordWriteback.NotFound*'
        $caught.TargetObject | Should -Be 'nobody'
    }
    It 'narrows the findings by -Check and not the answer' {
        $boris = Test-PasswordWritebackUser -EvidencePath $people -Check PW505 -ErrorAction SilentlyContinue | Where-Object { (Get-Name $_) -eq 'boris' }
        $boris.canReset | Should -Be 'no'
        $boris.findings.id | Should -Be 'PW505'
    }
    It 'is quiet with one Boolean for each user' {
        $quiet = @(Test-PasswordWritebackUser -EvidencePath $people -Quiet -ErrorAction SilentlyContinue)
        $quiet | ForEach-Object { $_ | Should -BeOfType [bool] }
        $quiet | Should -Be @($users | ForEach-Object { $_.canReset -eq 'yes' })
    }
    It 'ends with -FailOn NotProven because of the answers, after all of them' {
        $seen = New-Object 'Collections.Generic.List[object]'
        try { Test-PasswordWritebackUser -EvidencePath $people -FailOn NotProven -ErrorAction SilentlyContinue | ForEach-Object { $seen.Add($_) } }
        catch { $caught = $_ }
        $seen.Count | Should -Be 11
        $caught.FullyQualifiedErrorId | Should -BeLike 'PasswordWriteback.FailOn*'
        $caught.Exception.Message | Should -BeLike '*8 of 11 answers are not yes*'
    }
    It 'does not end with -FailOn NotProven when every answer is yes, whatever the findings say' {
        # Cut to the users that can be reset, one of them with a finding that warns.
        $all = Test-PasswordWritebackUser -EvidencePath $people -PassThruEvidence -ErrorAction SilentlyContinue
        $keys = $users | Where-Object canReset -ne 'yes' | ForEach-Object { $_.target.key }
        $sound = @($all | Where-Object { $_.PSObject.Properties['collectedAtUnixMs'] -and $keys -notcontains $_.target.key })
        { Test-PasswordWritebackUser -Evidence $sound -FailOn NotProven } | Should -Not -Throw
        @(Test-PasswordWritebackUser -Evidence $sound).Count | Should -Be 3
        { Test-PasswordWritebackUser -Evidence $sound -FailOn Low } | Should -Throw -ErrorId 'PasswordWriteback.FailOn*'
    }
    It 'ends with -FailOn NotProven when nobody is in the evidence' {
        { Test-PasswordWritebackUser -EvidencePath $bare -FailOn NotProven } | Should -Throw -ErrorId 'PasswordWriteback.FailOn*'
        @(Test-PasswordWritebackUser -EvidencePath $bare).Count | Should -Be 0
    }
    It 'shows users as a table with the reasons, each on lines of its own' {
        $text = Get-Text $users
        $text | Should -Match '(?m)^User\s+CanReset\s+Reason'
        $text | Should -Match '(?m)^anna@corp\.example\.test\s+yes'
        $text | Should -Match '(?m)^carla@corp\.example\.test\s+noByDesign PW917 '
        $text | Should -Match '(?m)^\s+PW506 MSOL_lab'
        # Between words: each of the last column is whole.
        $text | Should -Not -Match '(?m)refuse$'
    }
    It 'shows a user as a list with reasons, fix and count of findings' {
        $list = Get-Text ($answers['ivan'] | Format-List)
        $list | Should -Match '(?m)^CanReset : no'
        $list | Should -Match '(?m)^Reasons  : PW908 ivan@corp\.example\.test'
        $list | Should -Match '(?m)^Fix      : PW908 Rename the container\.'
        $list | Should -Match '(?m)^Findings : .*\d+ pass'
    }
    It 'keeps a user whole through a job' {
        $user = Start-Job { Import-Module $using:PSScriptRoot/Common.psm1; Import-Module (Get-StagedManifest); Test-PasswordWritebackUser -EvidencePath $using:people -ErrorAction SilentlyContinue } |
            Receive-Job -Wait -AutoRemoveJob | Where-Object { $_.target.display -like 'hanna@*' }
        $user.canReset | Should -Be 'no'
        ($user.findings | Where-Object id -eq PW505).evidence[0].value | Should -Not -BeNullOrEmpty
    }
}

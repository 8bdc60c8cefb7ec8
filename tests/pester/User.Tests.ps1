# Test-PasswordWritebackUser: answers in the order of the input.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    Import-Module (Get-StagedManifest) -Force

    # A file with one record per name, as the look-ups came back: the last name first.
    function New-UserEvidence {
        param([string] $Path, [string[]] $Name)
        $records = for ($index = $Name.Count - 1; $index -ge 0; $index--) {
            @{
                kind = 'user'; collector = 'user'; state = 'notFound'; vantage = 'domainMember'; runAs = 'svc'; durationMs = 5; collectedAtUnixMs = 1795000000000
                target = @{ kind = 'user'; key = "user:$($Name[$index])"; display = $Name[$index]; within = @() }
                error = @{ class = 'ldap'; code = 'notFound'; text = 'No object of this name is in corp.example.' }
                data = @{ input = $Name[$index]; inputIndex = $index; searchCount = 0 }
            }
        }
        [IO.File]::WriteAllLines($Path, [string[]]@($records | ForEach-Object { ConvertTo-Json -InputObject $_ -Depth 6 -Compress }))
    }
}

Describe 'Answers for users' {
    It 'stand in the order of the input, and so do the Booleans and the errors' {
        $file = Join-Path $TestDrive 'users.ndjson'
        New-UserEvidence -Path $file -Name 'zoe', 'anna', 'mia'
        $users = Test-PasswordWritebackUser -EvidencePath $file -ErrorAction SilentlyContinue -ErrorVariable missing
        $users.target.display | Should -Be 'zoe', 'anna', 'mia'
        @($missing | Where-Object { $_ -is [Management.Automation.ErrorRecord] }).TargetObject | Should -Be 'zoe', 'anna', 'mia'
        Test-PasswordWritebackUser -EvidencePath $file -Quiet -ErrorAction SilentlyContinue | Should -Be $false, $false, $false
    }
    It 'with their evidence can be judged again as they came' {
        $file = Join-Path $TestDrive 'again.ndjson'
        New-UserEvidence -Path $file -Name 'zoe', 'anna'
        $all = Test-PasswordWritebackUser -EvidencePath $file -PassThruEvidence -ErrorAction SilentlyContinue
        @($all | Where-Object { $_.PSObject.TypeNames[0] -eq 'PasswordWriteback.Run' }).Count | Should -Be 1
        (Test-PasswordWritebackUser -Evidence $all -ErrorAction SilentlyContinue).target.display | Should -Be 'zoe', 'anna'
    }
}

Describe 'The progress of a scan' {
    It 'shows the remaining time once about their number is known' -ForEach @(
        @{ Total = 0; RemainingMs = $null; Status = '500 so far, 250 a second'; Seconds = -1; Percent = -1 }
        @{ Total = 2000; RemainingMs = 6000; Status = '500 of about 2000, 250 a second'; Seconds = 6; Percent = 25 }
    ) {
        $shell = [powershell]::Create()
        $null = $shell.AddScript({
                param($native, $progress)
                $module = Import-Module $native -PassThru
                function Show { [CmdletBinding()] param() & $module { param($c, $p) $null = Write-JobProgress -Cmdlet $c -Progress $p } $PSCmdlet $progress }
                Show
            }).AddArgument((Join-Path (Split-Path (Get-StagedManifest)) 'Native.psm1')).AddArgument([pscustomobject]@{
                done = 500; total = $Total; totalIsEstimated = $true; activity = 'Examining the users of corp.example'; message = ''; ratePerSecond = 250; remainingMs = $RemainingMs
            }).Invoke()
        $record = $shell.Streams.Progress | Where-Object Activity -Like 'Examining*'
        $shell.Dispose()
        $record.StatusDescription | Should -Be $Status
        $record.SecondsRemaining | Should -Be $Seconds
        $record.PercentComplete | Should -Be $Percent
    }
}

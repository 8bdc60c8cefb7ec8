# What is wrong with a call is said by a stable id, a category and a sentence that names the parameter.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    Import-Module (Get-StagedManifest) -Force
}

Describe 'A wrong request' {
    BeforeAll {
        $place = Join-Path $TestDrive 'files'
        $null = New-Item -ItemType Directory -Path $place
        Set-Content (Join-Path $place 'no.zip') 'not a bundle'
        Set-Content (Join-Path $place 'no.json') 'not json'
        Set-Content (Join-Path $place 'list.json') '[ { "id" : : ]'
        Set-Content (Join-Path $place 'field.json') '[ { "id": "PW416", "reason": "x", "until": "2026-01-01" } ]'
        Set-Content (Join-Path $place 'both.json') '[ { "reason": "x" } ]'
    }
    It '<call> is <id>' -ForEach @(
        @{ Call = 'Test-PasswordWriteback -Check nope'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*-Check*' }
        @{ Call = 'Test-PasswordWritebackConnectivity -SkipCheck PW999'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*-SkipCheck*' }
        @{ Call = 'Test-PasswordWriteback -Proxy http://user:canary@proxy:3128'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*-ProxyCredential*' }
        @{ Call = 'Test-PasswordWriteback -Proxy not-a-url'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*-Proxy*' }
        @{ Call = 'Test-PasswordWriteback -EvidencePath missing.zip'; Id = 'NotFound'; Category = 'ObjectNotFound'; Says = '*missing.zip*' }
        @{ Call = 'Test-PasswordWriteback -EvidencePath none*.zip'; Id = 'NotFound'; Category = 'ObjectNotFound'; Says = '*none*' }
        @{ Call = 'Test-PasswordWriteback -EvidencePath no.zip'; Id = 'Io'; Category = 'ReadError'; Says = '*no.zip*' }
        @{ Call = 'Test-PasswordWriteback -Suppression missing.json'; Id = 'NotFound'; Category = 'ObjectNotFound'; Says = '*missing.json*' }
        @{ Call = 'Test-PasswordWriteback -Suppression no.json'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*no.json*' }
        @{ Call = 'Test-PasswordWriteback -Suppression list.json'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*list.json*' }
        @{ Call = 'Test-PasswordWriteback -Suppression field.json'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*until*-Suppression*' }
        @{ Call = 'Test-PasswordWriteback -Suppression both.json'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*-Suppression*' }
        @{ Call = 'Test-PasswordWriteback -KnowledgePath missing'; Id = 'NotFound'; Category = 'ObjectNotFound'; Says = '*missing*' }
        @{ Call = 'Test-PasswordWriteback -Evidence 7'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*-EvidencePath*' }
        @{ Call = '@() | Test-PasswordWriteback'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*no evidence*' }
        @{ Call = 'Import-PasswordWritebackEvidence missing.zip'; Id = 'NotFound'; Category = 'ObjectNotFound'; Says = '*missing.zip*' }
        @{ Call = 'Export-PasswordWritebackEvidence -Path out.zip'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*-NoRedact*' }
        @{ Call = 'Export-PasswordWritebackEvidence -Path out.zip -NoRedact -Kind nope -EvidencePath no.zip'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*-Kind*' }
        @{ Call = 'Get-PasswordWritebackReport -Path missing.json'; Id = 'NotFound'; Category = 'ObjectNotFound'; Says = '*missing.json*' }
        @{ Call = 'Get-PasswordWritebackReport -Path no.json'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Says = '*no.json*' }
    ) {
        $seen = $null
        Push-Location $place
        try { $null = & ([scriptblock]::Create($Call)) } catch { $seen = $_ } finally { Pop-Location }
        $seen | Should -Not -BeNullOrEmpty
        $seen.FullyQualifiedErrorId | Should -BeLike "PasswordWriteback.$Id,*-PasswordWriteback*"
        [string]$seen.CategoryInfo.Category | Should -Be $Category
        $seen.Exception.Message | Should -BeLike $Says
        ($seen | Format-List * -Force | Out-String) | Should -Not -Match 'canary'
    }
    It 'is an error of PowerShell itself where a parameter cannot have the value: <_>' -ForEach @(
        'Test-PasswordWriteback -TimeoutSecond 0', 'Test-PasswordWriteback -GlobalTimeoutSecond 3601', 'Test-PasswordWriteback -Cloud Mars'
        'Test-PasswordWriteback -FailOn Sometimes', 'Get-PasswordWritebackCheck -Area Sky'
        'Test-PasswordWriteback -EvidencePath x.zip -Domain corp.example', 'Test-PasswordWriteback -EvidencePath x.zip -Evidence 1'
        'Test-PasswordWritebackConnectivity -SyncServer -EvidencePath x.zip', 'Test-PasswordWritebackDirectory -AsOf 2026-01-01 -Domain x'
        'Test-PasswordWritebackConnectivity -Domain corp.example', 'Test-PasswordWritebackDirectory -Proxy http://p:1'
    ) {
        { & ([scriptblock]::Create($_)) } | Should -Throw -ErrorId '*Parameter*'
    }
    It 'of -ErrorAction kinds leaves one record in $Error, with <_>' -ForEach 'Stop', 'Continue', 'SilentlyContinue' {
        $said = Invoke-Fresh "try { Test-PasswordWriteback -Check nope -ErrorAction $_ } catch { 'caught' }; `$Error.Count"
        $said | Should -Be 'caught', '1'
    }
}

Describe 'The target of an error' {
    It 'as the console of Windows PowerShell prints it has no control characters, and is what it was for scripts' {
        $escape = "x$([char]27)[2J"
        $seen = $null
        try { Test-PasswordWriteback -EvidencePath "$escape.zip" } catch { $seen = $_ }
        $seen.TargetObject | Should -BeLike "*$([char]27)*"
        $seen.CategoryInfo.TargetName | Should -Not -Match '\x1b'
        try { Test-PasswordWritebackUser -Identity ([pscustomobject]@{ Mail = $escape }) } catch { $seen = $_ }
        $seen.CategoryInfo.TargetName | Should -Match 'Mail=x'
        $seen.CategoryInfo.TargetName | Should -Not -Match '\x1b'
    }
}

Describe 'A secret' {
    It 'stands in nothing that a run gives, keeps or writes' {
        $proxy = New-SlowProxy
        try {
            $file = Join-Path $TestDrive 'secret.zip'
            $said = Invoke-Fresh @"
`$secret = New-Object pscredential 'CORP\admin', (ConvertTo-SecureString 'canary-Pa55' -AsPlainText -Force)
`$all = Test-PasswordWriteback -Domain corp.invalid -Credential `$secret -Proxy $($proxy.Url) -ProxyCredential `$secret -TimeoutSecond 1 -GlobalTimeoutSecond 3 -PassThruEvidence -Verbose -Debug *>&1
`$all | ForEach-Object { if (`$_ -is [Management.Automation.InformationalRecord]) { [string]`$_ } else { ConvertTo-Json `$_ -Depth 20 } }
Export-PasswordWritebackEvidence -Path '$file' -NoRedact -Domain corp.invalid -Credential `$secret -Proxy $($proxy.Url) -ProxyCredential `$secret -TimeoutSecond 1 -GlobalTimeoutSecond 3 | ConvertTo-Json -Depth 20
`$Error | ForEach-Object { `$_ | Format-List * -Force | Out-String }
"@
            ($said -join "`n") | Should -Match 'corp.invalid'
            ($said -join "`n") | Should -Not -Match 'canary'
            Expand-Archive -LiteralPath $file -DestinationPath (Join-Path $TestDrive 'secret')
            Get-ChildItem (Join-Path $TestDrive 'secret') -Recurse -File | Get-Content -Raw | Should -Not -Match 'canary'
        }
        finally { Stop-SlowProxy $proxy }
    }
}

# Help, completion and the shape of the cmdlets.

BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    $cmdlets = (Import-PowerShellDataFile (Get-StagedManifest)).FunctionsToExport
    $parts = Get-ChildItem (Split-Path (Get-StagedManifest)) -File | Where-Object Extension -in '.ps1', '.psm1' | ForEach-Object Name
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    $manifest = Get-StagedManifest
    Import-Module $manifest -Force
    $common = [Management.Automation.PSCmdlet]::CommonParameters
}

Describe '<_>' -ForEach $cmdlets {
    BeforeAll {
        $name = $_
        $command = Get-Command $name
        $help = Get-Help $name -Full
    }
    It 'has a synopsis, a description and at least two examples with code and words' {
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -BeLike "*$name *"
        $help.description.Text | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        foreach ($example in $help.examples.example) {
            $example.code | Should -Not -BeNullOrEmpty
            ($example.remarks.Text -join '') | Should -Not -BeNullOrEmpty
        }
    }
    It 'describes every parameter, with its type' {
        foreach ($parameter in $command.Parameters.Keys | Where-Object { $_ -notin $common }) {
            $text = $help.parameters.parameter | Where-Object name -eq $parameter
            ($text.description.Text -join '') | Should -Not -BeNullOrEmpty -Because $parameter
            $text.type.name | Should -Not -Be 'System.Object' -Because $parameter
        }
    }
    It 'has examples that PowerShell can read, with parameters that exist' {
        foreach ($example in $help.examples.example) {
            $errors = $null
            $tree = [Management.Automation.Language.Parser]::ParseInput($example.code, [ref]$null, [ref]$errors)
            $errors | Should -BeNullOrEmpty
            $calls = $tree.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true) | Where-Object { $_.GetCommandName() -like '*-PasswordWriteback*' }
            foreach ($call in $calls) {
                $known = (Get-Command $call.GetCommandName()).Parameters.Keys
                foreach ($parameter in $call.CommandElements | Where-Object { $_ -is [Management.Automation.Language.CommandParameterAst] }) {
                    $parameter.ParameterName | Should -BeIn $known
                }
            }
        }
    }
    It 'has an approved verb, a singular noun, and says what it returns' {
        $command.Verb | Should -BeIn (Get-Verb).Verb
        $command.Noun | Should -Not -Match 's$'
        $command.OutputType | Should -Not -BeNullOrEmpty
        $command.CmdletBinding | Should -BeTrue
        # Aliases are for binding by property name only.
        foreach ($parameter in $command.Parameters.Values | Where-Object { $_.Name -notin $common -and $_.Aliases.Count }) {
            $parameter.ParameterSets.Values.ValueFromPipelineByPropertyName | Should -Contain $true -Because $parameter.Name
        }
    }
}

Describe 'Help' {
    It 'has the about topic where Get-Help looks for it' {
        $said = Invoke-Fresh -NoImport '$env:PSModulePath = (Split-Path (Split-Path (Split-Path $module))) + [IO.Path]::PathSeparator + $env:PSModulePath; (Get-Help about_PasswordWriteback) -join "`n"'
        ($said -join "`n") | Should -Match 'exit \(Test-PasswordWriteback\)\.ExitCode'
    }
    It 'names every error id that the module can give' {
        $about = Get-Content (Join-Path (Split-Path $manifest) 'en-US/about_PasswordWriteback.help.txt') -Raw
        $source = Get-Content (Join-Path (Split-Path $manifest) 'Error.psm1') -Raw
        $kinds = [regex]::Matches(($source -split 'Category = @\{')[1].Split('}')[0], '(?m)^\s+(\w+)\s+=') | ForEach-Object { $_.Groups[1].Value }
        @($kinds).Count | Should -BeGreaterThan 8
        foreach ($kind in $kinds) { $about | Should -Match "PasswordWriteback\.$kind" }
    }
}

Describe 'Completion' {
    It 'offers <Expected> for <Line>' -ForEach @(
        @{ Line = 'Test-PasswordWriteback -Check PW30'; Expected = 'PW303' }
        @{ Line = 'Test-PasswordWritebackDirectory -SkipCheck PW60'; Expected = 'PW601' }
        @{ Line = 'Export-PasswordWritebackEvidence -Kind roo'; Expected = 'rootdse' }
        @{ Line = 'Test-PasswordWriteback -FailOn Not'; Expected = 'NotProven' }
        @{ Line = 'Get-PasswordWritebackCheck -Area Net'; Expected = 'Network' }
        @{ Line = 'Test-PasswordWritebackConnectivity -Cloud U'; Expected = 'UsGov' }
    ) {
        (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText | Should -Contain $Expected
    }
}

Describe 'The source <_>' -ForEach $parts {
    BeforeAll {
        $file = Join-Path (Split-Path $manifest) $_
        $tree = [Management.Automation.Language.Parser]::ParseFile($file, [ref]$null, [ref]$null)
        $called = $tree.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)
    }
    It 'never writes to the host, prompts, uses an alias or dot-sources' {
        $called | ForEach-Object { $_.GetCommandName() } | Should -Not -BeIn @('Write-Host', 'Read-Host', 'Get-Credential', 'Out-Host', 'Invoke-Expression', 'Add-Type')
        $called | ForEach-Object { $_.GetCommandName() } | Where-Object { $_ } | Should -Not -BeIn (Get-Alias).Name
        @($called | Where-Object InvocationOperator -eq 'Dot') | Should -BeNullOrEmpty
    }
    It 'has no classes, begins with why it exists, and fits on a few screens' {
        @($tree.FindAll({ $args[0] -is [Management.Automation.Language.TypeDefinitionAst] }, $true)) | Should -BeNullOrEmpty
        $lines = Get-Content -LiteralPath $file
        $lines[0] | Should -Match '^# \w'
        # The file of the cmdlets is their parameters, once for each.
        $lines.Count | Should -BeLessOrEqual $(if ($_ -eq 'PasswordWriteback.psm1') { 400 } else { 300 })
    }
}

# Importing the module: cheap, without side effects, and exactly what the manifest says.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Common.psm1') -Force
    $manifest = Get-StagedManifest
    $folder = Split-Path $manifest

    # A copy of the staged module, to be damaged.
    function Copy-Module {
        $copy = Join-Path $TestDrive "$([guid]::NewGuid())"
        Copy-Item -LiteralPath $folder -Destination $copy -Recurse
        $copy
    }
}

Describe 'Import' {
    # In blocks, not in turn: PowerShell compiles ahead what the process before it needed, so a module that
    # follows another one pays for that. 60 ms belong to a machine on which PowerShell starts in 400 ms; on a
    # slower or busier one they grow with its start.
    It 'costs at most 60 ms more than an empty module, on a machine where PowerShell starts in 400 ms' {
        $empty = Join-Path $TestDrive 'Empty.psm1'
        Set-Content -LiteralPath $empty -Value ''
        $script = '$t = [Diagnostics.Stopwatch]::StartNew(); Import-Module "{0}"; $t.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)'
        $median = { @($args[0] | Sort-Object)[4] }
        $start = @()
        $rival, $own = foreach ($path in $empty, $manifest) {
            $times = foreach ($round in 1..10) {
                $watch = [Diagnostics.Stopwatch]::StartNew()
                [double](Invoke-Fresh -NoImport -Script ($script -f $path))
                if ($path -eq $empty) { $start += $watch.ElapsedMilliseconds }
            }
            & $median $times
        }
        $slowness = [Math]::Max(1, (& $median $start) / 400)
        Write-Information "import: $([int]$own) ms, empty module: $([int]$rival) ms, start of PowerShell: $(& $median $start) ms" -InformationAction Continue
        $own - $rival | Should -BeLessOrEqual (60 * $slowness)
    }
    It 'does not load the native library' -Skip:(-not $IsLinux) {
        $said = Invoke-Fresh '[IO.File]::ReadAllText("/proc/self/maps") -match "password_writeback"; $null = Get-PasswordWritebackCheck; [IO.File]::ReadAllText("/proc/self/maps") -match "password_writeback"'
        $said | Should -Be 'False', 'True'
    }
    It 'works for a caller in strict mode that stops at errors, twice, and by force' {
        Invoke-Fresh -NoImport 'Set-StrictMode -Version Latest; $ErrorActionPreference = "Stop"; Import-Module $module; Import-Module $module; $null = Get-PasswordWritebackCheck; Import-Module $module -Force; (Get-PasswordWritebackCheck PW303).id; Remove-Module PasswordWriteback; Import-Module $module; (Get-PasswordWritebackCheck PW304).id; $Error.Count' |
            Should -Be 'PW303', 'PW304', '0'
    }
    It 'changes nothing of the session: <_>' -ForEach '$ErrorActionPreference', '[Net.ServicePointManager]::SecurityProtocol', '(Get-Culture).Name', '(Get-Variable -Scope Global).Count', '$PWD.Path' {
        $said = @(Invoke-Fresh -NoImport "`$null = (Get-Variable -Scope Global).Count; $_; `$before = $_; Import-Module `$module; `$null = Get-PasswordWritebackCheck; if ($_ -eq `$before -or ($_ - `$before) -eq 1) { 'same' } else { 'changed' }")
        $said[-1] | Should -Be 'same'
    }
    It 'exports what the manifest names, and each cmdlet has a page' {
        $data = Import-PowerShellDataFile $manifest
        $said = Invoke-Fresh '(Get-Command -Module PasswordWriteback).Name'
        $said | Sort-Object | Should -Be ($data.FunctionsToExport | Sort-Object)
        Get-ChildItem (Join-Path $PSScriptRoot '../../ps-module/docs') -Filter '*-*.md' | ForEach-Object BaseName | Sort-Object |
            Should -Be ($data.FunctionsToExport | Sort-Object)
    }
    It 'names the diagnostics of the library by their cmdlets' {
        $library = Invoke-Fresh 'Import-Module (Join-Path (Split-Path $module) "Native.psm1"); function Get-It { [CmdletBinding()] param() (Get-Description -Cmdlet $PSCmdlet).diagnostics.cmdlet }; Get-It'
        $tests = (Import-PowerShellDataFile $manifest).FunctionsToExport | Where-Object { $_ -like 'Test-*' }
        $library | Sort-Object | Should -Be ($tests | Sort-Object)
    }
    It 'has a loader that references mscorlib 4.0.0.0 only' {
        $said = Invoke-Fresh '[Reflection.Assembly]::LoadFile((Join-Path (Split-Path $module) "Native.dll")).GetReferencedAssemblies() | ForEach-Object { "$($_.Name) $($_.Version)" }'
        $said | Should -Be 'mscorlib 4.0.0.0'
    }
}

Describe 'A damaged installation' {
    It 'imports, and says at first use that the library is missing' {
        $copy = Copy-Module
        Remove-Item (Join-Path $copy 'bin') -Recurse
        $said = Invoke-Fresh -NoImport "Import-Module '$copy/PasswordWriteback.psd1'; try { Get-PasswordWritebackCheck } catch { `$_.FullyQualifiedErrorId; `$_.CategoryInfo.Category; `$_.Exception.Message }"
        $said[0] | Should -BeLike 'PasswordWriteback.LibraryMissing,*'
        $said[1] | Should -Be 'ResourceUnavailable'
        $said[2] | Should -BeLike '*install the module again*'
    }
    It 'says why a library does not load' {
        $copy = Copy-Module
        Get-ChildItem (Join-Path $copy 'bin') -Recurse -File | ForEach-Object { Set-Content -LiteralPath $_.FullName -Value 'no library' }
        $said = Invoke-Fresh -NoImport "Import-Module '$copy/PasswordWriteback.psd1'; try { Test-PasswordWriteback } catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }"
        $said[0] | Should -BeLike 'PasswordWriteback.LibraryNotLoaded,*'
        $said[1] | Should -BeLike '*cannot be loaded: *'
        $said[1].Length | Should -BeGreaterThan 80
    }
    It 'refuses a library of another interface version' {
        $copy = Copy-Module
        $psd1 = Join-Path $copy 'PasswordWriteback.psd1'
        (Get-Content -LiteralPath $psd1 -Raw) -replace 'Major = 1', 'Major = 9' | Set-Content -LiteralPath $psd1
        $said = Invoke-Fresh -NoImport "Import-Module '$psd1'; try { Get-PasswordWritebackCheck } catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }"
        $said[0] | Should -BeLike 'PasswordWriteback.LibraryMismatch,*'
        $said[1] | Should -BeLike '*needs 9.0*'
    }
    It 'lives beside another version in one process' {
        $copy = Copy-Module
        $said = Invoke-Fresh "`$null = Get-PasswordWritebackCheck; Remove-Module PasswordWriteback; Import-Module '$copy/PasswordWriteback.psd1'; @(Get-PasswordWritebackCheck PW303).Count"
        $said | Should -Be '1'
    }
}

# What people see. The default view of a report is what an administrator needs at three in the morning: verdict,
# probable causes with the fix, then what is not Pass, then one line each on what was not examined.
#
# The library's own text report (src/render/text.rs) has the same content and order.

Set-StrictMode -Version 2.0

Import-Module (Join-Path $PSScriptRoot 'Text.psm1')

$script:Verdict = @{
    working = 'WORKING', 'Green'; atRisk = 'AT RISK', 'Yellow'; degraded = 'DEGRADED', 'Red'
    notWorking = 'NOT WORKING', 'Red'; notProven = 'NOT PROVEN', 'Yellow'
}
$script:Mark = @{ fail = 'fail', 'Red'; warn = 'warn', 'Yellow'; unknown = '?   ', 'Cyan'; pass = 'pass', 'Green'; notApplicable = 'n/a ', 'Cyan' }

# Colours only where the host and the output take them; Windows PowerShell has no $PSStyle.
function Add-Colour {
    param([string] $Text, [string] $Name)
    $style = Get-Variable -Name PSStyle -ValueOnly -ErrorAction Ignore
    if (-not $style -or [string]$style.OutputRendering -eq 'PlainText' -or $env:NO_COLOR) { return $Text }
    if ($Name -eq 'Bold') { return $style.Bold + $Text + $style.Reset }
    $style.Foreground.$Name + $Text + $style.Reset
}

# The window less one column, because a console breaks the line after the last one. Wider than 120 is hard
# to read; without a window (a job, a scheduled task) 80 suits a mail and a ticket.
function Get-Width {
    $width = 0
    try { $width = $Host.UI.RawUI.BufferSize.Width } catch { $width = 0 }
    if ($width -lt 40) { $width = 80 }
    [Math]::Min($width, 120) - 1
}

# Words wrapped to the width; a longer word stands alone.
function Split-Line {
    param([string] $Text, [int] $First, [int] $Rest, [int] $Width)
    $line = ' ' * $First
    $isEmpty = $true
    foreach ($word in (Protect-Text $Text) -split '\s+') {
        if (-not $word) { continue }
        if (-not $isEmpty -and $line.Length + 1 + $word.Length -gt $Width) {
            $line
            $line = ' ' * $Rest
            $isEmpty = $true
        }
        if (-not $isEmpty) { $line += ' ' }
        $line += $word
        $isEmpty = $false
    }
    $line
}

# The sentences of a column or of a line of a list, each broken between words. -Used is what stands left of it in
# the window, with the gaps between. Not by Split-Line: a table may have ten thousand rows.
function Format-Cell {
    param([AllowNull()] [string[]] $Text, [int] $Used = 0, [int] $Width = (Get-Width) - $Used)
    $line = "(.{1,$([Math]::Max($Width, 10))})(?: |$)|(\S+)(?: |$)"
    $pieces = foreach ($piece in $Text) {
        ((Protect-Text $piece) -replace '\s+', ' ' -replace $line, "`$1`$2$([Environment]::NewLine)").Trim()
    }
    @($pieces) -join [Environment]::NewLine
}

# 'a, b, c and 4 more'
function Join-Name {
    param([string[]] $Name, [int] $Most)
    if ($Name.Count -le $Most) { return $Name -join ', ' }
    ($Name[0..($Most - 1)] -join ', ') + " and $($Name.Count - $Most) more"
}

# Things with the same key together, in the order in which the keys first come (Group-Object sorts them).
function Join-Alike {
    param([object[]] $Item, [string[]] $Property)
    $groups = [ordered]@{}
    foreach ($one in $Item) {
        $key = @(foreach ($name in $Property) { $one.$name }) -join "`n"
        if (-not $groups.Contains($key)) { $groups[$key] = New-Object 'Collections.Generic.List[object]' }
        $groups[$key].Add($one)
    }
    foreach ($group in $groups.Values) { , $group.ToArray() }
}

# Why a finding has its status. Findings have the property only with -Explain.
function Get-ExplainLine {
    param([object] $Finding)
    if (-not $Finding -or -not $Finding.PSObject.Properties['explain']) { return }
    $explain = $Finding.explain
    "Rule: $($explain.rule)"
    "Because: $(@($explain.fields | ForEach-Object { "$($_.name) = $($_.value)" }) -join '; ')"
    if ($explain.flip) { "It would be $($explain.flip.status) with $($explain.flip.name) = $($explain.flip.value)" }
}

function Format-Explain {
    param([object] $Finding, [int] $Indent, [int] $Width)
    foreach ($line in Get-ExplainLine -Finding $Finding) {
        Split-Line -Text $line -First $Indent -Rest ($Indent + 2) -Width $Width
    }
}

function Format-Step {
    param([object] $Step, [int] $Width)
    Split-Line -Text "- $($Step.text)" -First 3 -Rest 5 -Width $Width
    # Whole, so that it can be copied.
    if ($Step.command) { '       ' + (Protect-Text $Step.command) }
    $notes = @(
        if ($Step.runOn) { "on $($Step.runOn)" }
        if ($Step.needsRights) { "needs $($Step.needsRights)" }
        if ($Step.restartNeeded) { "then restart $($Step.restartNeeded)" }
        if ($Step.verifyWith) { "check with $($Step.verifyWith)" }
    )
    if ($notes.Count) { Split-Line -Text "($($notes -join '; '))" -First 5 -Rest 6 -Width $Width }
}

function Format-Cause {
    param([object] $Cause, [int] $Number, [object] $First, [int] $Width)
    $head = "$Number. $($Cause.id) not met: $($Cause.title)  (confidence $($Cause.confidence), score $($Cause.score))"
    Split-Line -Text $head -First 0 -Rest 3 -Width $Width | ForEach-Object { Add-Colour -Text $_ -Name Bold }
    Split-Line -Text $Cause.explanation -First 3 -Rest 3 -Width $Width
    Format-Explain -Finding $First -Indent 3 -Width $Width
    Split-Line -Text "Fix: $($Cause.remediation)" -First 3 -Rest 8 -Width $Width | ForEach-Object { Add-Colour -Text $_ -Name Green }
    foreach ($step in $Cause.steps) { Format-Step -Step $step -Width $Width }
    if (@($Cause.effects).Count) { Split-Line -Text "Explains or blocks: $($Cause.effects -join ', ')" -First 3 -Rest 8 -Width $Width }
    if (@($Cause.needed).Count) { Split-Line -Text "To find its cause, examine: $($Cause.needed -join ', ')" -First 3 -Rest 8 -Width $Width }
    if ($Cause.afterFix) { Split-Line -Text "Once this is repaired (estimate): $($script:Verdict[$Cause.afterFix][0].ToLowerInvariant())" -First 3 -Rest 8 -Width $Width }
    '   ' + (Protect-Text $Cause.link)
}

# Findings of one check and status on one line: the first in full, of the others their targets.
function Format-FindingList {
    param([string] $Heading, [object[]] $Finding, [int] $Width)
    if (-not $Finding.Count) { return }
    ''
    $Heading
    foreach ($group in Join-Alike -Item $Finding -Property id, status, countsAs) {
        $one = $group[0]
        $text = "$($one.id) $($one.target.display): $($one.message)"
        if ($one.status -in 'fail', 'warn') { $text += " ($($one.countsAs))" }
        if ($group.Count -gt 1) { $text += " Also: $(Join-Name -Name @($group[1..($group.Count - 1)] | ForEach-Object { $_.target.display }) -Most 4)." }
        $mark, $colour = $script:Mark[$one.status]
        $lines = @(Split-Line -Text $text -First 7 -Rest 7 -Width $Width)
        '  ' + (Add-Colour -Text $mark -Name $colour) + ' ' + $lines[0].Substring(7)
        $lines | Select-Object -Skip 1
        Format-Explain -Finding $one -Indent 7 -Width $Width
    }
}

# What is not Pass, and neither stands in a printed cause nor is explained by one.
function Format-Remainder {
    param([object] $Report, [int] $Width)
    $named = @($Report.verdict.probableCauses | ForEach-Object { $_.keys; $_.explains })
    $findings = @($Report.findings)
    Format-FindingList -Heading 'ALSO NOT RIGHT' -Width $Width -Finding @($findings | Where-Object {
            $_.status -in 'fail', 'warn' -and -not $_.suppressed -and -not $_.byDesign -and $named -notcontains $_.key
        } | Sort-Object -Property @{ Expression = { [array]::IndexOf(@('critical', 'high', 'medium', 'low', 'info'), $_.countsAs) } }, id, key)
    Format-FindingList -Heading 'COULD NOT BE READ' -Width $Width -Finding @($findings | Where-Object { $_.status -eq 'unknown' })
    Format-FindingList -Heading 'NOT COUNTED (SUPPRESSED)' -Width $Width -Finding @($findings | Where-Object { $_.suppressed })
    $waiting = @($findings | Where-Object { @($_.blockedBy).Count } | ForEach-Object { $_.id } | Select-Object -Unique)
    if ($waiting.Count) {
        ''
        'WAITING FOR WHAT FAILED FIRST'
        Split-Line -Text ($waiting -join ', ') -First 2 -Rest 2 -Width $Width
    }
}

# What would tell more: evidence to collect, and what this run did not look at.
function Format-Gap {
    param([object] $Report, [int] $Width)
    $next = @($Report.verdict.next | Select-Object -First 3)
    if ($next.Count) {
        ''
        'TO COLLECT NEXT'
        foreach ($missing in $next) {
            Split-Line -Text "$($missing.kind) (for $($missing.checks -join ', ')), on $($missing.runOn): $($missing.command)" -First 2 -Rest 4 -Width $Width
        }
    }
    if (@($Report.notExamined).Count) {
        ''
        'NOT EXAMINED'
        # What has one reason and one remedy stands in one line.
        foreach ($group in Join-Alike -Item $Report.notExamined -Property why, how) {
            $line = $group[0]
            $how = ''
            if ($line.how) { $how = " Adds it: $($line.how)." }
            Split-Line -Text "$(@($group | ForEach-Object { $_.what }) -join '; '): $($line.why).$how" -First 2 -Rest 4 -Width $Width
        }
    }
    if (@($Report.forecast).Count) { '' }
    foreach ($line in $Report.forecast) { Split-Line -Text "Ahead: $($line.what) ($($line.check))" -First 0 -Rest 2 -Width $Width }
}

# The report as lines.
function Format-Report {
    param([Parameter(Mandatory)] [object] $Report, [int] $Width = (Get-Width))
    $word, $colour = $script:Verdict[$Report.verdict.state]
    (Add-Colour -Text $word -Name $colour) + '  ' + (Protect-Text $Report.host)
    Split-Line -Text $Report.verdict.summary -First 2 -Rest 2 -Width $Width
    if ($Report.state -eq 'cancelled') {
        Split-Line -Text 'The run was cancelled; this is what was finished by then.' -First 2 -Rest 2 -Width $Width
    }
    $number = 0
    foreach ($cause in $Report.verdict.probableCauses) {
        if (++$number -eq 1) { ''; 'PROBABLE CAUSES' } else { '' }
        $first = $Report.findings | Where-Object { $_.key -eq @($cause.keys)[0] } | Select-Object -First 1
        Format-Cause -Cause $cause -Number $number -First $first -Width $Width
    }
    Format-Remainder -Report $Report -Width $Width
    Format-Gap -Report $Report -Width $Width
    ''
    $c = $Report.counts
    $tenths = [int][Math]::Floor(($Report.durationMs + 50) / 100)
    $seconds = "$([int][Math]::Floor($tenths / 10)).$($tenths % 10)"
    Split-Line -First 0 -Rest 2 -Width $Width -Text (
        "$($c.pass) passed, $($c.warn) warned, $($c.fail) failed, $($c.unknown) unknown, $($c.notApplicable) not applicable, " +
        "$($c.suppressed) suppressed; $seconds s; version $($Report.tool.version)")
}

# The better states first, in the words of the key that stands above the table.
$script:PortState = [ordered]@{ connected = 'open'; refused = 'ref'; reset = 'rst'; timedOut = 'tmo'; unreachable = 'unr'; unknown = '?'; notTried = '-' }

# The best state of these ports: of several that serve one thing, one that connects is enough.
function Format-PortState {
    param([AllowEmptyCollection()] [object[]] $Port)
    $states = @($Port | ForEach-Object { $_.state })
    $script:PortState[[string]@($script:PortState.Keys | Where-Object { $states -contains $_ })[0]]
}

Export-ModuleMember -Function Format-Report, Format-Cell, Format-PortState, Get-ExplainLine

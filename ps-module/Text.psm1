# Text from outside may hold escape sequences, and marks that reorder or hide text; a terminal must not act on
# them.

Set-StrictMode -Version 2.0

$script:Unfit = '[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]'

function Protect-Text {
    param([AllowEmptyString()] [AllowNull()] [string] $Text)
    $Text -replace $script:Unfit, ' '
}

Export-ModuleMember -Function Protect-Text

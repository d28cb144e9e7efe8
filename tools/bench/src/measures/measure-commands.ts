import type { Server } from '../../../dctest/src/server/server.ts';
import type { Sample } from '../results.ts';

/** Runs two commands in turn in one shell and prints the microseconds of each; the first pair is not counted. */
const loop = `
ours=0 reference=0
for ((run = 0; run <= $1; run++)); do
  start=\${EPOCHREALTIME/./}
  $2 >/dev/null
  middle=\${EPOCHREALTIME/./}
  $3 >/dev/null
  end=\${EPOCHREALTIME/./}
  [ "$run" = 0 ] || ours=$((ours + middle - start)) reference=$((reference + end - middle))
done
echo "$ours $reference"
`;

/**
 * How long two commands take on a server, without what it takes to get there.
 * @returns the mean of each over the given number of times, in ms.
 */
export async function measureCommands(
  server: Server,
  commands: { readonly ours: string; readonly reference: string },
  times: number,
): Promise<Sample> {
  const argv = ['bash', '--norc', '-euc', loop, 'bench', `${times}`, commands.ours, commands.reference];
  const said = await server.run(argv, { timeout: 120_000 });
  const [ours = NaN, reference = NaN] = said.trim().split(' ').map(Number);
  return { ours: ours / 1000 / times, reference: reference / 1000 / times };
}

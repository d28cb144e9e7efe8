import type { Server } from '../../../dctest/src/server/server.ts';

/**
 * Starts both daemons again, and beside them the reference as neco-worker's unit starts its program; prints the KiB that
 * each has resident when the seconds are over.
 */
const script = `
watch=$1 address=$2 seconds=$3
program=/usr/lib/neco/programs/neco-worker.mjs
start=$(systemctl cat neco-worker.service | sed -z 's|\\\\\\n||g' | sed -n "s|^ExecStart=\\(.*\\) $program$|\\1|p")
systemctl restart neco-worker.service neco-updater.service
$start "$watch" "$address" 2>/dev/null &
sleep "$seconds"
for process in $(systemctl show --property=MainPID --value neco-worker.service neco-updater.service) $!; do
  sed -n 's/^VmRSS:[[:space:]]*\\([0-9]*\\) kB$/\\1/p' "/proc/$process/status"
done
kill $!
`;

/** A daemon connects, reads and looks at Vault in its first seconds, and V8 takes some more to give back what that took. */
const untilSettled = 30;

/**
 * The resident memory of the daemons of a boot server, and of a process that loads etcd3 and holds one watch. With all
 * that is shared (VmRSS): what a process shares with others (PSS) would depend on how many servers this machine plays.
 * @param watch the path of the reference on the server.
 * @returns MB
 */
export async function measureMemory(
  server: Server,
  watch: string,
): Promise<Record<'worker' | 'updater' | 'reference', number>> {
  const argv = ['bash', '--norc', '-euc', script, 'bench', watch, server.address, `${untilSettled}`];
  const said = await server.run(argv, { timeout: 120_000 });
  const [worker = NaN, updater = NaN, reference = NaN] = said
    .trim()
    .split('\n')
    .map((line) => (Number(line) * 1024) / 1_000_000);
  return { worker, updater, reference };
}

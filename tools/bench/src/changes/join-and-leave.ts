import { createInterface } from 'node:readline';
import { NecoError } from '@neco/core';
import type { ServerCommand } from '../../../dctest/src/server/server-command.ts';
import type { Server } from '../../../dctest/src/server/server.ts';
import { asAdministrator } from '../../../dctest/src/cluster/set-up-cluster.ts';
import { etcdOf, serverAuthority, vault } from '../../../dctest/src/cluster/stock-clients.ts';
import { runScript } from '../measures/run-script.ts';
import type { ChangingCluster } from './changing-cluster.ts';

const limit = 60_000;

/** Has the newcomer join by neco. @returns ms until its registration is active, and its Vault unsealed */
export async function join({ members, newcomer, caHash }: ChangingCluster): Promise<number> {
  const lrns = members.map(({ which }) => `${which}`);
  const script = 'neco join "$@" >/dev/null && systemctl start neco-worker.service';
  const argv = ['bash', '--norc', '-c', script, 'join', '--ca-hash', caHash, ...asAdministrator, ...lrns];
  const watch = await watchRegistration(members[0], newcomer);
  try {
    const start = performance.now();
    const [active] = await Promise.all([watch.active, newcomer.run(argv, { timeout: limit })]);
    await expectUnsealed(newcomer);
    return active - start;
  } finally {
    await watch.command.killTree();
  }
}

/** Has the newcomer leave. @returns ms */
export async function leave({ members, newcomer }: ChangingCluster): Promise<number> {
  const [first] = members;
  if (first === undefined) throw new RangeError('a cluster without servers');
  const start = performance.now();
  await first.run(['neco', 'leave', '--yes', ...asAdministrator, `${newcomer.which}`], { timeout: limit });
  return performance.now() - start;
}

/** Ends all of neco's services on it, so that the kernel closes their connections, and then cuts its power. */
export async function die(server: Server): Promise<void> {
  const units = ['neco-worker', 'neco-updater', 'vault', 'etcd'];
  await server.run(['systemctl', 'kill', '--signal', 'SIGKILL', ...units]);
  await server.crash();
}

/** Makes the newcomer what it was when the packages had just been installed. */
export async function clear({ newcomer }: ChangingCluster): Promise<void> {
  await newcomer.boot();
  await runScript(newcomer, 'reset.sh');
}

/** Waits for the state of a registration by etcdctl, which was told so before anything begins. */
async function watchRegistration(
  at: Server | undefined,
  { which }: Server,
): Promise<{ command: ServerCommand; active: Promise<number> }> {
  if (at === undefined) throw new RangeError('a cluster without servers');
  const pair = ['--cert', '/etc/neco/etcd.crt', '--key', '/etc/neco/etcd.key', '--cacert', serverAuthority];
  const key = `/neco/bootservers/${which}`;
  const command = await at.spawn(['etcdctl', '--endpoints', etcdOf(at), ...pair, 'watch', key]);
  const active = (async () => {
    if (command.stdout === null) throw new NecoError('INTERNAL', 'no output');
    for await (const line of createInterface({ input: command.stdout }))
      if (/"state":\s*"active"/.test(line)) return performance.now();
    throw new NecoError('COMMAND_FAILED', `etcdctl watch ${key} ended before boot-${which} was active`);
  })();
  active.catch(() => undefined); // a join that fails is what is told
  return { command, active };
}

async function expectUnsealed(server: Server): Promise<void> {
  const { exitCode, stdout } = await vault(server, '/root', ['status']);
  if (exitCode === 0) return;
  throw new NecoError(
    'VERIFICATION_FAILED',
    `${server.name} is active and its Vault is not unsealed: ${stdout}`,
  );
}

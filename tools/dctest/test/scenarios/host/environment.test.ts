import { expect } from 'chai';
import { runCommand } from '../../../../lib/run-command.ts';
import { serverBinaries } from '../../../../servers/build.ts';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { expectDone, handOutSecrets, setupArguments } from '../../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import { untilHealthy } from '../../../src/cluster/until-healthy.ts';
import {
  caHash,
  carryPassword,
  eventually,
  joinArguments,
  memberNames,
  startWorkers,
} from '../steps/joining.ts';
import { ProcessWitness } from '../steps/process-witness.ts';

const name = `en${process.pid}`;
/** The value of all: an address that never answers. */
const value = 'http://192.0.2.1:9';
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'GRPC_PROXY'].flatMap((proxy) => [
  proxy,
  proxy.toLowerCase(),
]);
/** Names that the program of Vault holds with other letters before and behind them. */
const hidden = ['ETCD_ADDR', 'ETCD_HA_ENABLED', 'ETCD_USERNAME', 'ETCD_PASSWORD'];
/** What the units may have, which is what they are started with. */
const allowed = [
  'HOME',
  'INVOCATION_ID',
  'JOURNAL_STREAM',
  'NODE_COMPILE_CACHE',
  'NODE_COMPILE_CACHE_PORTABLE',
  'NOTIFY_SOCKET',
  'PATH',
];
const units = ['etcd', 'vault', 'neco-worker', 'neco-updater'];

describe("variables of systemd's manager and of the administrator's shell, on servers with a second address", function () {
  this.timeout(5 * 60_000);
  let dataCenter: DataCenter;
  let present: Server[];
  let variables: string[];
  let shell: Record<string, string>;
  /** The arguments and the environment of all that ran while setup ran. */
  let seen: string[];

  before(async () => {
    dataCenter = await DataCenter.up({ name, lrns: [0, 1, 2, 3], replace: true });
    present = dataCenter.servers.slice(0, 3);
    variables = [...new Set([...proxies, ...hidden, ...(await variablesOfServers())])];
    shell = Object.fromEntries(variables.map((variable) => [variable, value]));
    for (const server of dataCenter.servers) await setOnManager(server, variables);
    for (const lrn of [1, 3]) await speakFromSecondAddress(dataCenter, lrn);
    await handOutSecrets(present);
    await carryPassword(dataCenter, 3);
    const witness = ProcessWitness.start(present);
    const runs = await Promise.all(
      present.map((server) => {
        const command = ['neco', 'setup', '--json', '--timeout', '90s', ...setupArguments(present, server)];
        return SetupRun.startProgram(server, command, shell);
      }),
    );
    await expectDone(runs);
    seen = await witness.stop();
    await startWorkers(present);
    await untilHealthy(present);
    await expectOwnEnvironment(present);
  });

  after(() => DataCenter.takeDown(name));

  it('reach nothing that setup starts', () => {
    // The command itself has them, as its shell has.
    const strays = seen.filter((words) => words.includes(value) && !words.includes('LANG=C.UTF-8'));
    expect(strays.map((words) => words.slice(0, 200))).to.deep.equal([]);
  });

  it('are no secret of the address that a server speaks from: preflight names it and the planned one', async () => {
    const [zero, one, two] = [dataCenter.server(0), dataCenter.server(1), dataCenter.server(2)];
    const { exitCode, stdout, stderr } = await one.exec(['neco', 'preflight', '--json', '0', '1', '2']);
    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.include(
      `boot-1 speaks to boot-0 (${zero.address}), boot-2 (${two.address}) from 10.69.200.1, and not from ${one.address}, `,
    );
  });

  it('are nothing to the daemons, which run in a sandbox that systemd calls safe', async () => {
    for (const unit of ['neco-updater.service', 'neco-worker.service']) {
      const report = await dataCenter.server(0).run(['systemd-analyze', 'security', '--no-pager', unit]);
      const [, exposure] = /Overall exposure level for \S+: (\d+\.\d)/.exec(report) ?? [];
      expect(Number(exposure), unit).to.be.at.most(4);
    }
  });

  it('keep no server from coming back after a power cut of all', async () => {
    await Promise.all(present.map((server) => server.crash()));
    await Promise.all(present.map((server) => server.boot()));
    await untilHealthy(present);
    await expectOwnEnvironment(present);
  });

  it('keep no server from joining, and no command from its work', async () => {
    const [zero, three] = [dataCenter.server(0), dataCenter.server(3)];
    const command = ['neco', 'join', '--json', ...joinArguments(await caHash(zero))];
    await expectDone([await SetupRun.startProgram(three, command, shell)]);
    await startWorkers([three]);
    await eventually('four voters', ['boot-0', 'boot-1', 'boot-2', 'boot-3'], () => memberNames(zero));
    await untilHealthy(dataCenter.servers);
    const status = await zero.exec(['neco', 'status'], { environment: shell });
    expect(status.exitCode, status.stdout).to.equal(0);
    await expectOwnEnvironment([three]);
  });
});

/** Sets variables for all that systemd starts from now on, and after a boot. */
async function setOnManager(server: Server, variables: readonly string[]): Promise<void> {
  const settings = variables.map((variable) => `${variable}=${value}`);
  await server.writeFile(
    '/etc/systemd/system.conf.d/test.conf',
    `[Manager]\nDefaultEnvironment=${settings.join(' ')}\n`,
  );
  await server.run(['systemctl', 'set-environment', ...settings]);
}

/** The variables of etcd, which has one for each of its flags, and those whose names the programs of both hold. */
async function variablesOfServers(): Promise<string[]> {
  const { etcd, vault } = await serverBinaries();
  const help = await runCommand(etcd, ['--help']);
  const flags = [...help.matchAll(/^ *--([a-z][a-z-]*)/gm)].map(([, flag = '']) => flag);
  const search = ['--text', '--only-matching', '--no-filename', '--extended-regexp'];
  const found = await runCommand('grep', [...search, '(ETCD|VAULT)_[A-Z][A-Z_]{2,40}', etcd, vault]);
  return [
    ...new Set([...flags.map((flag) => `ETCD_${constant(flag)}`), ...found.split('\n').flatMap(names)]),
  ];
}

function constant(flag: string): string {
  return flag.replaceAll('-', '_').toUpperCase();
}

/** A program holds its texts one behind the other: a name may go on with others, or with the first letter of a sentence. */
function names(match: string): string[] {
  const parts = match.split(/(?=ETCD_|VAULT_)/);
  return parts
    .flatMap((part) => [part, part.slice(0, -1)])
    .filter((variable) => /^[A-Z]+_[A-Z_]*[A-Z]$/.test(variable));
}

/** Gives a server a second address, and has its kernel choose that one to reach the other boot servers. */
async function speakFromSecondAddress(dataCenter: DataCenter, lrn: number): Promise<void> {
  const [server, other] = [dataCenter.server(lrn), dataCenter.server(0)];
  const second = `10.69.200.${lrn}`;
  const lines = ['[Network]', `Address=${second}/32`, '[Route]', 'Destination=10.69.0.0/24', 'Scope=link'];
  const path = '/etc/systemd/network/10-host0.network.d/second.conf';
  await server.writeFile(path, [...lines, `PreferredSource=${second}`, ''].join('\n'));
  await server.run(['networkctl', 'reload']);
  await eventually(`${server.name} to speak from ${second}`, true, async () =>
    (await server.run(['ip', 'route', 'get', other.address])).includes(`src ${second} `),
  );
}

async function expectOwnEnvironment(servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    for (const unit of units) {
      const script = 'tr "\\0" "\\n" <"/proc/$(systemctl show --property=MainPID --value "$1")/environ"';
      const text = await server.run(['sh', '-euc', script, 'sh', unit]);
      const names = text
        .trim()
        .split('\n')
        .map((line) => line.split('=', 1)[0] ?? '');
      expect(allowed, `the environment of ${unit} on ${server.name}`).to.include.members(names);
      expect(text).not.to.include(value);
    }
  }
}

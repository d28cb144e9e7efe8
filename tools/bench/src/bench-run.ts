import type { DataCenter } from '../../dctest/src/data-center.ts';
import { handOutSecrets } from '../../dctest/src/cluster/set-up-cluster.ts';
import type { FigureName } from './figures.ts';
import { installPackages } from './measures/install-packages.ts';
import { measureCommands } from './measures/measure-commands.ts';
import { measureFloor } from './measures/measure-floor.ts';
import { measureSetup } from './measures/measure-setup.ts';
import { putReference } from './measures/put-reference.ts';
import { untilUpdaterWorks } from './measures/until-updater-works.ts';
import type { Sample } from './results.ts';
import { runScript } from './measures/run-script.ts';
import type { RunSettings } from './run-settings.ts';

const node = '/usr/lib/neco/node';
const versionTimes = 20;
const statusTimes = 5;

/** A run on servers that are set up in it. */
export interface BenchRun extends RunSettings {
  readonly dataCenter: DataCenter;
}

/** Measures everything that is wanted once. */
export async function benchRun(run: BenchRun): Promise<Map<FigureName, Sample>> {
  const samples = new Map<FigureName, Sample>();
  const has = (...names: FigureName[]): boolean => names.some((name) => run.wanted.has(name));
  if (has('setup-with-packages')) samples.set('setup-with-packages', await withPackages(run));
  if (!has('setup', 'setup-again', 'status', 'version')) return samples;
  // `neco --version` needs no package but neco's own.
  if (has('setup', 'setup-again', 'status')) await install(run);
  const turns = [
    async (): Promise<void> => {
      if (has('setup'))
        samples.set('setup', { ours: NaN, ...samples.get('setup'), reference: await floor(run) });
    },
    async (): Promise<void> => {
      if (!has('setup', 'setup-again', 'status')) return;
      const first = await firstSetup(run);
      if (has('setup')) samples.set('setup', { reference: NaN, ...samples.get('setup'), ours: first });
      if (has('setup-again')) samples.set('setup-again', { ours: await again(run), reference: first });
      if (has('status')) samples.set('status', await status(run));
    },
  ];
  for (const turn of run.index % 2 === 0 ? turns : turns.toReversed()) await turn();
  if (has('version')) samples.set('version', await version(run));
  return samples;
}

/** Setup on servers that have no package but neco, against installing the packages and the floor. */
async function withPackages(run: BenchRun): Promise<Sample> {
  const turns: (() => Promise<Partial<Sample>>)[] = [
    async () => {
      const installing = await install(run);
      return { reference: installing + (await floor(run, false)) };
    },
    async () => ({ ours: await firstSetup(run, false) }),
  ];
  let sample: Sample = { ours: NaN, reference: NaN };
  for (const turn of run.index % 2 === 0 ? turns : turns.toReversed()) {
    run.say('fresh servers');
    await Promise.all(run.dataCenter.servers.map((server) => run.dataCenter.wipe(Number(server.which))));
    sample = { ...sample, ...(await turn()) };
  }
  return sample;
}

async function install({ dataCenter: { servers }, say, signal }: BenchRun): Promise<number> {
  say('apt-get install');
  return installPackages(servers, signal);
}

async function floor(run: BenchRun, used = true): Promise<number> {
  if (used) await reset(run);
  run.say('the floor');
  return measureFloor(run.dataCenter.servers, run.signal);
}

async function firstSetup(run: BenchRun, used = true): Promise<number> {
  if (used) await reset(run);
  await handOutSecrets(run.dataCenter.servers);
  run.say('neco setup');
  return measureSetup(run.dataCenter.servers, run.signal);
}

async function again(run: BenchRun): Promise<number> {
  run.say('neco setup again');
  // What the first run started last still loads when it ends; nobody runs it again in that second.
  await Promise.all(run.dataCenter.servers.map((server) => untilUpdaterWorks(server, run.signal)));
  return measureSetup(run.dataCenter.servers, run.signal);
}

async function status({ dataCenter, say }: BenchRun): Promise<Sample> {
  say('neco status');
  const [server] = dataCenter.servers;
  if (server === undefined) throw new RangeError('a data centre without servers');
  const reference = `${node} ${await putReference(server, 'status')} ${server.address}`;
  return measureCommands(server, { ours: 'neco status', reference }, statusTimes);
}

async function version({ dataCenter, say }: BenchRun): Promise<Sample> {
  say('neco --version');
  return measureCommands(
    dataCenter.server(0),
    { ours: 'neco --version', reference: `${node} -e 0` },
    versionTimes,
  );
}

/** Takes away all that was set up; the packages stay. */
async function reset({ dataCenter: { servers }, signal }: BenchRun): Promise<void> {
  signal.throwIfAborted();
  await Promise.all(servers.map((server) => runScript(server, 'reset.sh')));
}

import { writeJson } from 'fs-extra/esm';
import { toNecoError } from '@neco/core';
import { DataCenter } from '../../dctest/src/data-center.ts';
import { stopSignal } from '../../dctest/src/host/stop-signal.ts';
import { parseBenchOptions, type BenchOptions } from './bench-options.ts';
import { benchRun } from './bench-run.ts';
import { applicationsRun, membersRun } from './changes/changes-run.ts';
import { certificatesRun, prepareClusters } from './changes/certificates-run.ts';
import { changingLrns, prepareCluster, twoClusters } from './changes/changing-cluster.ts';
import { finishedClusterRuns } from './finished-cluster-runs.ts';
import { excessOf } from './excess-of.ts';
import { certificateFigures, changeFigures, figures, memoryFigures, type FigureName } from './figures.ts';
import { memoryRuns } from './memory-runs.ts';
import { isOver, resultOf, type Result, type Sample } from './results.ts';
import { resultTable } from './result-table.ts';

/** Measures neco against what can be had without it. @returns the exit status: 1 when a limit is exceeded. */
export async function main(argv: readonly string[]): Promise<number> {
  const signal = stopSignal(() => say('stopping, and taking down what is there'));
  try {
    const options = parseBenchOptions(argv);
    const results = await measure(options, signal);
    if (options.json !== undefined) await writeJson(options.json, results, { spaces: 2 });
    return report(results);
  } catch (thrown) {
    const error = toNecoError(thrown);
    say(`bench: ${error.message}`);
    if (error.hint !== undefined) say(error.hint);
    return signal.aborted ? 130 : error.exitStatus;
  }
}

/** Figures that are measured together, in a data centre of their own. */
interface Bench {
  readonly names: readonly FigureName[];
  readonly lrns: readonly number[];
  /** Makes ready what all runs need. @returns what is run again and again, one after the other */
  readonly prepare: (
    dataCenter: DataCenter,
    wanted: ReadonlySet<FigureName>,
    signal: AbortSignal,
  ) => Promise<readonly Run[]>;
}

type Run = (index: number, sayOfRun: (line: string) => void) => Promise<Map<FigureName, Sample>>;

function benchesOf(names: readonly FigureName[]): Bench[] {
  const ofChanges = names.filter((name) => changeFigures.includes(name));
  const ofCertificates = names.filter((name) => certificateFigures.includes(name));
  const ofOthers: readonly FigureName[] = [
    ...changeFigures,
    ...certificateFigures,
    ...memoryFigures,
    'finished-cluster',
  ];
  const { members, newcomer, byHand } = changingLrns;
  const benches: Bench[] = [
    {
      names: names.filter((name) => !ofOthers.includes(name)),
      lrns: members,
      prepare: (dataCenter, wanted, signal) =>
        Promise.resolve([(index, say) => benchRun({ dataCenter, wanted, index, signal, say })]),
    },
    {
      names: ofChanges,
      lrns: [...members, newcomer, ...(ofChanges.includes('join') ? byHand : [])],
      async prepare(dataCenter, wanted, signal) {
        const cluster = await prepareCluster(dataCenter, changingLrns, say, signal);
        return [membersRun, applicationsRun].map(
          (run): Run =>
            (index, say) =>
              run({ cluster, wanted, index, signal, say }),
        );
      },
    },
    {
      names: ofCertificates,
      lrns: twoClusters.flatMap((lrns) => [...lrns.members, lrns.newcomer]),
      async prepare(dataCenter, wanted, signal) {
        const clusters = await prepareClusters(dataCenter, say, signal);
        return [(index, say) => certificatesRun({ clusters, wanted, index, signal, say })];
      },
    },
    {
      names: names.filter((name) => memoryFigures.includes(name)),
      lrns: members,
      prepare: ({ servers }, wanted, signal) => memoryRuns({ servers, wanted, signal, say }),
    },
    {
      names: names.filter((name) => name === 'finished-cluster'),
      lrns: members,
      prepare: ({ name }, _, signal) => finishedClusterRuns({ name, lrns: members, signal, say }),
    },
  ];
  return benches.filter((bench) => bench.names.length > 0);
}

async function measure(options: BenchOptions, signal: AbortSignal): Promise<Result[]> {
  const { names, runs, dataCenter: place } = options;
  const samples = new Map<FigureName, Sample[]>(names.map((name) => [name, []]));
  for (const { lrns, prepare, names: together } of benchesOf(names)) {
    try {
      const dataCenter = await DataCenter.up({ name: place, lrns, replace: true, signal, say });
      for (const run of await prepare(dataCenter, new Set(together), signal)) {
        for (let index = 0; index < runs; index += 1) {
          const taken = await run(index, (line) => say(`run ${index + 1} of ${runs}: ${line}`));
          for (const [name, sample] of taken) samples.get(name)?.push(sample);
        }
      }
    } finally {
      await DataCenter.takeDown(place);
    }
  }
  return names.map((name) => resultOf(name, samples.get(name) ?? []));
}

function report(results: readonly Result[]): number {
  process.stdout.write(`\n${resultTable(results)}\n`);
  for (const { name } of results)
    process.stdout.write(`${name}: ${figures[name].title}, against ${figures[name].reference}\n`);
  const over = results.filter(isOver);
  for (const result of over) say(excessOf(result));
  return over.length === 0 ? 0 : 1;
}

/** What goes on is for who watches; the table alone is the output. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

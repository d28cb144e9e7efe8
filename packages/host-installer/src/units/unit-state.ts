import { NecoError, type Reporter } from '@neco/core';
import { runCommand } from '../run-command.ts';

/** How a unit is, in systemd's own words, see systemctl(1). */
export interface UnitState {
  name: string;
  /** `loaded`, `not-found`, `masked`, … */
  load: string;
  /** `active`, `activating`, `inactive`, `failed`, … */
  active: string;
  /** Such as `running`, `start`, `auto-restart`, `dead`. */
  sub: string;
  /** `enabled`, `disabled`, `static`, `transient`, …; empty when there is no such unit. */
  enabled: string;
  /** When its main process was started last. */
  startedAt?: Date;
  /** `success`, or how it failed: `exit-code`, `timeout`, `oom-kill`, … */
  result: string;
  /** The main process, 0 when there is none. */
  mainPid: number;
  /** How often systemd has started it again by itself. */
  restarts: number;
}

/** `stopped` is met by a unit that failed as well; `inactive` is not. */
export type WantedUnitState = 'active' | 'inactive' | 'stopped';

export interface WaitForUnitOptions {
  signal?: AbortSignal;
  /** Upper limit in milliseconds; none means until it is so or has failed. */
  timeout?: number;
  /** Told each time the unit's state changes. */
  reporter?: Reporter;
}

const properties = [
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'ExecMainStartTimestamp',
  'Result',
  'MainPID',
  'NRestarts',
];

/** How a unit is now. @throws NecoError SERVICE_FAILED when systemd does not answer */
export async function unitState(name: string): Promise<UnitState> {
  const state = (await unitStates([name])).get(name);
  if (state === undefined) throw new NecoError('INTERNAL', `systemd does not tell how ${name} is`);
  return state;
}

/** How several units are now, by name. @throws NecoError SERVICE_FAILED when systemd does not answer */
export async function unitStates(names: readonly string[]): Promise<Map<string, UnitState>> {
  const argv = [
    'show',
    '--no-pager',
    '--timestamp=us+utc',
    `--property=${properties.join(',')}`,
    '--',
    ...names,
  ];
  const { exitCode, stdout, stderr } = await runCommand('systemctl', argv, { timeout: 30_000 });
  if (exitCode !== 0) {
    throw new NecoError(
      'SERVICE_FAILED',
      `systemd does not tell how ${names.join(' and ')} is: ${stderr.trim().split('\n')[0] ?? ''}`,
      {
        hint: 'neco needs systemd as the service manager of this host; see "systemctl is-system-running"',
      },
    );
  }
  // One block of lines for each, in the order in which they were named.
  const blocks = stdout.split('\n\n');
  return new Map(names.map((name, index) => [name, toState(name, blocks[index] ?? '')]));
}

function toState(name: string, block: string): UnitState {
  const values = new Map(block.split('\n').map((line) => splitOnce(line, '=')));
  const started = parseTimestamp(values.get('ExecMainStartTimestamp') ?? '');
  return {
    name,
    load: values.get('LoadState') ?? '',
    active: values.get('ActiveState') ?? '',
    sub: values.get('SubState') ?? '',
    enabled: values.get('UnitFileState') ?? '',
    ...(started === undefined ? {} : { startedAt: started }),
    result: values.get('Result') ?? '',
    mainPid: Number(values.get('MainPID') ?? 0),
    restarts: Number(values.get('NRestarts') ?? 0),
  };
}

/** A unit's state as one reads it: `activating (auto-restart), exit-code`. */
export function describeUnit({ name, load, active, sub, result, restarts }: UnitState): string {
  if (load === 'not-found') return `there is no unit ${name}`;
  const failure = result === '' || result === 'success' ? '' : `, ${result}`;
  const again = restarts > 0 ? `, started again ${String(restarts)} times` : '';
  return `${active} (${sub})${failure}${again}`;
}

function splitOnce(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + separator.length)];
}

/** systemd prints `Sun 2026-11-22 19:32:29.123456 UTC`, or nothing; a Date holds milliseconds. */
function parseTimestamp(text: string): Date | undefined {
  const match = /([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9:]{8}(?:\.[0-9]{3})?)/.exec(text);
  return match === null ? undefined : new Date(`${match[1] ?? ''}T${match[2] ?? ''}Z`);
}

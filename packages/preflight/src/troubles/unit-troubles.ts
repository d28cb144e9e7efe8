import { bootServerUnits } from '@neco/cluster-access';
import type { HostReader } from '@neco/host-installer';
import type { HostTrouble } from './host-trouble.ts';

/**
 * Where units have precedence over those of packages, see systemd.unit(5). What `systemctl set-property` writes (system.control)
 * limits resources and changes nothing that is looked for here.
 */
const places = ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system'];

/** Settings of a drop-in with which it is no longer the package's service that runs. */
const decisive =
  /^\s*(ExecStart|User|Group|DynamicUser|Type|Restart|RestartPreventExitStatus|Environment|EnvironmentFile|PassEnvironment|RootDirectory|RootImage|PrivateNetwork)\s*=/gm;

/** Units that take the place of the package's, drop-ins that change what runs, and units that are masked. */
export async function unitTroubles(host: HostReader): Promise<HostTrouble[]> {
  const found = await Promise.all(
    bootServerUnits.flatMap((unit) => places.map((place) => troublesOf(host, unit, place))),
  );
  return found.flat();
}

async function troublesOf(host: HostReader, unit: string, place: string): Promise<HostTrouble[]> {
  const [own, ...dropIns] = await Promise.all([
    ofUnit(host, unit, `${place}/${unit}`),
    ...dropInDirectories(unit).map((name) => ofDropIns(host, unit, `${place}/${name}`)),
  ]);
  return [...own, ...dropIns.flat()];
}

/** `neco-worker.service` has drop-ins in `neco-.service.d` too. */
function dropInDirectories(unit: string): string[] {
  const prefix = /^[^-.]+-/.exec(unit)?.[0];
  return [`${unit}.d`, ...(prefix === undefined ? [] : [`${prefix}.service.d`])];
}

async function ofUnit(host: HostReader, unit: string, path: string): Promise<HostTrouble[]> {
  const [target, file] = await Promise.all([host.readLink(path), host.stat(path)]);
  if (file === undefined) return [];
  const short = unit.replace('.service', '');
  if (target === '/dev/null' || (target === undefined && file.size === 0)) {
    return [
      {
        id: 'unit-masked',
        message: `${unit} is masked, by ${path}`,
        remedy: `rm ${path}; systemctl daemon-reload`,
        after: `systemctl start --no-block ${short}`,
      },
    ];
  }
  // An alias of the package's own file.
  if (target !== undefined && /^(\/usr)?\/lib\/systemd\/system\//.test(target)) return [];
  return [replaced(unit, path, `${unit} is not the package's: ${path} takes its place`)];
}

async function ofDropIns(host: HostReader, unit: string, directory: string): Promise<HostTrouble[]> {
  const names = ((await host.list(directory)) ?? []).filter((name) => name.endsWith('.conf'));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = `${directory}/${name}`;
      const settings = [...((await host.readText(path)) ?? '').matchAll(decisive)].map(([, key = '']) => key);
      if (settings.length === 0) return [];
      const what = [...new Set(settings)].join(', ');
      return [replaced(unit, path, `${unit} is not as the package has it: ${path} sets ${what}`)];
    }),
  );
  return found.flat();
}

function replaced(unit: string, path: string, message: string): HostTrouble {
  const short = unit.replace('.service', '');
  return {
    id: 'unit-replaced',
    message,
    remedy: `mv ${path} /root/; systemctl daemon-reload`,
    // etcd is ready only when it has joined, for which its peers may be needed.
    after: `systemctl restart --no-block ${short}`,
  };
}

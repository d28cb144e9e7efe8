import type { Server } from '../server/server.ts';

const unattended = { DEBIAN_FRONTEND: 'noninteractive' } as const;

/** Installs neco on a boot server from the depot, as a user would. @throws NecoError COMMAND_FAILED, TIMEOUT */
export async function installNeco(server: Server): Promise<void> {
  // Without the mode apt goes on with old lists when the new ones are bad, and says all is well.
  await server.run(['apt-get', 'update', '-o', 'APT::Update::Error-Mode=any'], { timeout: 60_000 });
  await server.run(['apt-get', 'install', '--yes', 'neco'], { timeout: 120_000, environment: unattended });
}

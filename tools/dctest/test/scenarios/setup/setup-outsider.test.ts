import { expect } from 'chai';
import { text } from 'node:stream/consumers';
import { checkCluster } from '../../../src/cluster/check-cluster.ts';
import { DataCenter } from '../../../src/data-center.ts';
import type { ServerCommand } from '../../../src/server/server-command.ts';
import { setUpCluster } from '../../../src/cluster/set-up-cluster.ts';

const name = `so${process.pid}`;

/** Calls Vault at an address again and again; prints one line for each answer. */
const calls = `
while :; do
  for call in 'init {"secret_shares":1,"secret_threshold":1}' 'unseal {"key":"${'A'.repeat(43)}="}'; do
    curl --silent --insecure --max-time 2 --request PUT --data "\${call#* }" --write-out '\\n' "https://$1:8200/v1/sys/\${call%% *}"
  done
  sleep 0.2
done`;

describe('an outsider during setup', function () {
  this.timeout(240_000);
  let dataCenter: DataCenter;

  before(async function () {
    this.timeout(900_000); // the first to need the base image and the debs makes them
    dataCenter = await DataCenter.up({ name, lrns: [0, 1, 2], replace: true });
  });

  after(async () => {
    await DataCenter.takeDown(name);
  });

  it('cannot initialise Vault, neither over the network nor as a user of one of the servers', async () => {
    const { servers, depot } = dataCenter;
    if (depot === undefined) throw new Error('no depot');
    const outsiders = await Promise.all([
      ...servers.map(({ address }) => depot.spawn(['sh', '-c', calls, 'sh', address])),
      ...servers.map((server) =>
        server.spawn(['setpriv', '--reuid=nobody', '--clear-groups', 'sh', '-c', calls, 'sh', '127.0.0.1']),
      ),
    ]);
    const heard = outsiders.map(answers);
    try {
      await setUpCluster(servers);
    } finally {
      await Promise.all(outsiders.map((outsider) => outsider.killTree('SIGKILL')));
    }
    const said = (await Promise.all(heard)).join('\n');
    expect(said, 'what the outsiders were told').to.include('already initialized');
    expect(said).not.to.include('root_token');
    await checkCluster(dataCenter);
  });
});

async function answers({ stdout }: ServerCommand): Promise<string> {
  return stdout === null ? '' : text(stdout);
}

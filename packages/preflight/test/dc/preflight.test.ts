import { expect } from 'chai';
import { DataCenter } from '../../../../tools/dctest/src/data-center.ts';
import type { Server } from '../../../../tools/dctest/src/server/server.ts';

interface Finding {
  message: string;
  hint?: string;
}

const site = '/etc/neco/site.yml';
const source = '/etc/apt/sources.list.d';

describe('preflight of one server', function () {
  this.timeout(60_000);
  let dataCenter: DataCenter;
  let server: Server;

  before(async function () {
    this.timeout(900_000); // the first to need the base image and the debs makes them
    dataCenter = await DataCenter.up({ name: 'preflight', lrns: [0], replace: true });
    server = dataCenter.server(0);
    await server.run(['cp', '--archive', '/etc/neco', '/etc/apt', '/etc/nginx', '/root']);
  });
  afterEach(async () => {
    await sh('systemctl stop nginx; rm -rf /etc/neco /etc/apt /etc/nginx');
    await sh('cp --archive /root/neco /root/apt /root/nginx /etc');
  });
  after(() => dataCenter.down());

  const sh = (script: string): Promise<string> => server.run(['sh', '-euc', script]);

  /** What lies on the server: every file's inode, time, owner and mode. */
  const everything = (): Promise<string> =>
    sh("find /etc /usr /var/lib /root -xdev ! -type d -printf '%p %i %T@ %u %g %m\\n' | sort");

  /** Runs preflight, which must find something and change nothing. */
  async function findings(): Promise<Finding[]> {
    const before = await everything();
    const { exitCode, stdout, stderr } = await server.exec(['neco', 'preflight', '--json', '0', '1', '2']);
    expect(exitCode, stdout + stderr).to.equal(3);
    expect(await everything()).to.equal(before);
    const { error } = JSON.parse(stdout === '' ? stderr : stdout) as {
      error: { code: string; details: Finding[] };
    };
    expect(error.code).to.equal('PREFLIGHT_FAILED');
    for (const finding of error.details) expect(finding.hint, finding.message).to.be.a('string');
    return error.details;
  }

  const only = async (): Promise<string> => {
    const found = await findings();
    expect(found.map(({ message }) => message)).to.have.length(1);
    return found[0]?.message ?? '';
  };

  it('finds nothing on a fresh one, and changes nothing', async () => {
    const before = await everything();
    await server.run(['neco', 'preflight', '0', '1', '2']);
    expect(await everything()).to.equal(before);
  });

  it('names the process that holds a port', async () => {
    await sh("sed -i 's/listen 80 /listen 2380 /' /etc/nginx/sites-available/default; systemctl start nginx");
    const pid = (await sh('systemctl show --value --property=MainPID nginx')).trim();
    expect(await only()).to.equal(
      `port 2380, needed for etcd's peers, is in use at 0.0.0.0 by nginx (process ${pid})`,
    );
  });

  it('tells of everything at once: disk, what another cluster left, the address', async () => {
    await sh(
      'mkdir -p /var/lib/etcd; mount -t tmpfs -o size=64m none /var/lib/etcd; mkdir /var/lib/etcd/member',
    );
    await sh(`touch /etc/neco/etcd.key; sed -i 's/first: .*/first: 10.99.0.1/' ${site}`);
    const text = (await findings()).map(({ message }) => message).join('\n');
    await sh('test -d /var/lib/etcd/member; umount /var/lib/etcd; rmdir /var/lib/etcd');
    expect(text).to.include('/var/lib/etcd has 64 MiB free').and.include('/var/lib/etcd contains etcd data');
    expect(text).to.include('/etc/neco contains files').and.include('etcd.key');
    expect(text).to.include('gives boot-0 the address 10.99.0.1, which is not on this server');
  });

  it('names packages that no source has', async () => {
    await sh(`rm ${source}/*`);
    const text = (await findings()).map(({ message }) => message);
    expect(text).to.deep.equal([
      'the package neco-etcd is in no apt source',
      'the package neco-vault is in no apt source',
    ]);
  });

  it('refuses a source that is signed with a strange key, also when its lists are there already', async () => {
    await server.run(['neco', 'preflight', '0', '1', '2']);
    await sh('apt-get -qq update');
    await sh(`sed -i '/^Signed-By:/,$d' ${source}/neco.sources`);
    await sh(
      `printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\\n' >>${source}/neco.sources`,
    );
    const message = await only();
    // Debian 12 checks with gpgv, Debian 13 with sqv.
    expect(message).to.match(/GPG error: .*NO_PUBKEY|OpenPGP signature verification failed: .*Missing key/);
  });

  it('names a source that does not answer', async () => {
    await sh(`sed -i 's#http://[^/]*/#http://127.0.0.1:9/#' ${source}/*`);
    expect(await only()).to.include('127.0.0.1:9');
  });
});

import { expect } from 'chai';
import { backedUpLrn, backupFiles } from '../../src/leave/records/backup-path.ts';

describe('the backup of a leave', () => {
  it('is known by its name, also where a process was killed while it wrote it', () => {
    const names = backupFiles(12).map((path) => path.replace('/var/lib/neco/', ''));
    expect(names).to.deep.equal(['leave-12.db', 'leave-12.db.part']);
    for (const name of names) expect(backedUpLrn(name), name).to.equal(12);
    for (const name of ['leave-12.db.bak', 'leave-.db', 'setup.json', 'leave-1.dbpart'])
      expect(backedUpLrn(name), name).to.equal(undefined);
  });
});

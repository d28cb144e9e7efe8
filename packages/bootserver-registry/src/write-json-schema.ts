import { writeFileSync } from 'node:fs';
import { recordJsonSchema } from './record-json-schema.ts';

// Run by prepack, after the compiler: the package ships the schema for other languages.
writeFileSync(
  new URL('records.schema.json', import.meta.url),
  `${JSON.stringify(recordJsonSchema(), undefined, 2)}\n`,
);

import * as z from 'zod';

export const operationRecordSchema = z.looseObject({ version: z.literal(1) });

/** What an operation knows of its own progress: fields of its own, beside the version. */
export type OperationRecord = z.infer<typeof operationRecordSchema>;

import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { EncryptionCodec } from './codec.js';

const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233' });
const keys = process.env.PAYLOAD_KEYS;
const worker = await Worker.create({
  connection,
  taskQueue: 'appointments',
  workflowsPath: fileURLToPath(new URL('workflows.js', import.meta.url)),
  dataConverter: { payloadCodecs: keys ? [new EncryptionCodec(keys)] : [] },
});
await worker.run();

// Runs a worker with the README's workflow, whose file is the argument.
import { NativeConnection, Worker } from '@temporalio/worker';

const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
const worker = await Worker.create({ connection, taskQueue: 'reminders', workflowsPath: process.argv[2] });
await worker.run();

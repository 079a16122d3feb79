"""A worker for appointments."""

import asyncio
import os

from temporalio.client import Client
from temporalio.worker import Worker

from workflows import Appointment


async def main() -> None:
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"))
    await Worker(client, task_queue="appointments", workflows=[Appointment]).run()


if __name__ == "__main__":
    asyncio.run(main())

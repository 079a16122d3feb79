package shop;

import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.WorkerFactory;

/** A worker for appointments. */
public final class AppointmentWorker {
  private AppointmentWorker() {}

  public static void main(String[] args) {
    var address = System.getenv().getOrDefault("TEMPORAL_ADDRESS", "localhost:7233");
    var service =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(address).build());
    var factory = WorkerFactory.newInstance(WorkflowClient.newInstance(service));
    factory.newWorker("appointments").registerWorkflowImplementationTypes(AppointmentImpl.class);
    factory.start();
  }
}

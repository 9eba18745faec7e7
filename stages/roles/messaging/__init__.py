"""The role messaging: RabbitMQ."""

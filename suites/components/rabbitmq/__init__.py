"""Checks of RabbitMQ."""

"""Where everything comes in: WhatsApp's webhooks and insurers' replies, verified and made into events."""

"""The local stack, the WhatsApp Cloud API simulator and simulated insurers."""

"""The live preview over HTTP: for one administrator, on loopback, and nothing is ever written."""

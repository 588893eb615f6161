"""Measurements that anybody can repeat; each compares things in one run, since machines are noisy."""

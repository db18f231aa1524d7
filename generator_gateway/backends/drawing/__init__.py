"""What `animatic` draws with: sets, props, weather, people, lettering, sound."""

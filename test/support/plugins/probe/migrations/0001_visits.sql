create table visits (service text primary key);
